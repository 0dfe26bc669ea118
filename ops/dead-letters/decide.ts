import type { DeadLetterReason, ReplayResult } from '#protocol/dead-letters.ts';
import { discardLetter, discardLetters, replayLetter } from '#db/commands/dead-letters.ts';
import type { Database } from '#db/database.ts';
import { listLetters, replayResult } from '#db/queries/dead-letters.ts';
import type { Env } from '#ops/runtime/env.ts';
import { withProductBus } from '../start/product-bus.ts';

const RESULT_LIMIT_MS = 10_000;
const PAGE = 500;

/** One letter, or all that wait and have this reason (null: any). */
export type Chosen =
  { readonly id: string; readonly reason: null } | { readonly id: null; readonly reason: DeadLetterReason | null };

interface Replayed {
  readonly id: string;
  readonly result: ReplayResult;
}

/** `dead-letters replay`: 1 when one of them was refused again. Bodies that were not kept whole are left out of `--all`. */
export async function replay(database: Database, env: Env, chosen: Chosen, by: string, json: boolean): Promise<number> {
  const ids = chosen.id === null ? await replayable(database, chosen.reason) : [chosen.id];
  const done = await withProductBus(env, async (bus) => {
    const names: { id: string; name: string }[] = [];
    for (const id of ids) names.push({ id, name: await replayLetter(database, bus, id, by, Date.now()) });
    const results: Replayed[] = [];
    for (const { id, name } of names) {
      results.push({ id, result: await replayResult(database, id, name, RESULT_LIMIT_MS) });
    }
    return results;
  });
  if (json) process.stdout.write(`${JSON.stringify({ replayed: done })}\n`);
  else process.stdout.write(`${done.map(wordsOf).join('\n') || 'Nothing waits for a replay.'}\n`);
  return done.some(({ result }) => result.outcome === 'refused') ? 1 : 0;
}

/** `dead-letters discard`. */
export async function discard(database: Database, chosen: Chosen, by: string, json: boolean): Promise<number> {
  const { id, reason } = chosen;
  const ids = id === null ? await discardLetters(database, reason, by, Date.now()) : [id];
  if (id !== null) await discardLetter(database, id, by, Date.now());
  if (json) process.stdout.write(`${JSON.stringify({ discarded: ids })}\n`);
  else process.stdout.write(`${ids.length === 1 ? '1 letter' : `${String(ids.length)} letters`} discarded\n`);
  return 0;
}

/** Those that wait now, oldest first: what a replay adds is not among them. */
async function replayable(database: Database, reason: DeadLetterReason | null): Promise<string[]> {
  const ids: string[] = [];
  for (let last: string | null = null; ;) {
    const page = await listLetters(database, { reason, fate: 'waiting' }, PAGE, last);
    ids.push(...page.filter(({ isWhole }) => isWhole).map((letter) => letter.id));
    last = page.at(-1)?.id ?? null;
    if (page.length < PAGE) return ids.reverse();
  }
}

function wordsOf({ id, result }: Replayed): string {
  switch (result.outcome) {
    case 'stored':
      return `${id}: taken now; counted once if it was not already`;
    case 'held':
      return `${id}: kept until the lease it names has started`;
    case 'on-its-way':
      return `${id}: published; the projector has not got to it yet`;
    case 'refused':
      return `${id}: refused again (${result.letter.reason}: ${result.letter.detail}), as letter ${result.letter.id}`;
  }
}
