import type { FlowLink } from '#protocol/flow.ts';

/** A stage and what feeds it, with the stages it feeds. */
export interface FlowNode {
  readonly name: string;
  /** null: the camera itself. */
  readonly link: FlowLink | null;
  readonly feeds: readonly FlowNode[];
}

/** Every stage is fed by one other, so the links form a tree whose root is the camera; links that hang in the air are left out. */
export function flowTree(links: readonly FlowLink[]): FlowNode {
  const grow = (name: string, link: FlowLink | null, above: readonly string[]): FlowNode => ({
    name,
    link,
    feeds: links
      .filter(({ from, to }) => from === name && ![...above, name].includes(to))
      .map((next) => grow(next.to, next, [...above, name])),
  });
  return grow('camera', null, []);
}

/** "25 pictures/s · 2.0 Mbit/s", and what is wrong with the link, if anything. */
export function linkWords(link: FlowLink): { readonly rate: string; readonly trouble: string | null } {
  const rate = [
    `${figure(link.perSecond)} ${link.unit}/s`,
    ...(link.bitsPerSecond === null ? [] : [bitRate(link.bitsPerSecond)]),
  ].join(' · ');
  const troubles = [
    ...(link.dropped > 0 ? [`${link.dropped.toLocaleString()} lost`] : []),
    ...(link.waiting !== null && link.waiting > 1 ? [`${String(link.waiting)} waiting`] : []),
  ];
  return { rate, trouble: troubles.length === 0 ? null : troubles.join(' · ') };
}

function figure(perSecond: number): string {
  return perSecond >= 10 || perSecond === 0 ? String(Math.round(perSecond)) : perSecond.toFixed(1);
}

function bitRate(bitsPerSecond: number): string {
  return bitsPerSecond >= 1e6
    ? `${(bitsPerSecond / 1e6).toFixed(1)} Mbit/s`
    : `${(bitsPerSecond / 1e3).toFixed(0)} kbit/s`;
}
