import type { BoxesMessage } from '#protocol/live.ts';

/** How a zone is just now. */
export type ZoneNow = NonNullable<BoxesMessage['zones']>[number];

/** "about 40 s", "about 3 min"; null when the wait is not known, or nobody queues there. */
export function waitWords({ waitMs }: ZoneNow): string | null {
  if (waitMs === undefined || waitMs === null) return null;
  const seconds = Math.round(waitMs / 5_000) * 5;
  if (seconds < 5) return 'no wait';
  return seconds < 90 ? `about ${String(seconds)} s` : `about ${String(Math.round(waitMs / 60_000))} min`;
}

/** For the name on the picture: "Till · 3 · about 40 s", on a small one without the wait. */
export function zoneLabel(name: string, now: ZoneNow | undefined, isSmall: boolean): string {
  if (now === undefined) return name;
  return [name, String(now.people), isSmall ? null : waitWords(now)].filter((word) => word !== null).join(' · ');
}
