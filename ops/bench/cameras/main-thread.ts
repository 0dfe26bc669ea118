import type { CpuProfile } from '../churn/heap-probe.ts';

/** What the worker's main thread is busy with. */
export type Part = 'ingest' | 'tracking' | 'other';

const FOLDERS: readonly (readonly [RegExp, Part])[] = [
  [/\/media\/(ingest|h264|fork)\/|\/media\/timeline|node:net|node:internal\/(stream_base|streams)/, 'ingest'],
  [/\/actors\/(tracking|counting)\/|\/actors\/camera\/(analysis|sight|zone-facts|placement)/, 'tracking'],
  [/\/(actors|db|ops|protocol|node_modules)\//, 'other'],
];
const IDLE = new Set(['(idle)', '(root)']);

/** Shares of the time it was busy, by the nearest caller that says whose work it is. */
export function sharesOf({ nodes }: CpuProfile): Record<Part, number> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const hits: Record<Part, number> = { ingest: 0, tracking: 0, other: 0 };
  const walk = (id: number, inherited: Part): void => {
    const node = byId.get(id);
    if (node === undefined) return;
    const { url, functionName } = node.callFrame;
    const part = FOLDERS.find(([folder]) => folder.test(url))?.[1] ?? inherited;
    if (!IDLE.has(functionName)) hits[part] += node.hitCount ?? 0;
    for (const child of node.children ?? []) walk(child, part);
  };
  const [root] = nodes;
  if (root !== undefined) walk(root.id, 'other');
  const all = Math.max(1, hits.ingest + hits.tracking + hits.other);
  return { ingest: hits.ingest / all, tracking: hits.tracking / all, other: hits.other / all };
}
