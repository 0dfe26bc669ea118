import { error } from '@sveltejs/kit';
import type { PageServerLoad } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { letterQueryOf, type LetterQuery } from '#web/lib/server/dead-letter-query.ts';
import type { DeadLetterView, WaitingLetters } from '#protocol/dead-letters.ts';
import { toAppError } from '#protocol/errors.ts';

export const load: PageServerLoad = async ({ url, depends }) => {
  depends('footfall:dead-letters');
  const { limit, before, ...filter } = queryOf(url);
  const store = backend().deadLetters;
  const [found, projector] = await Promise.all([
    Promise.all([store.list(filter, limit, before), store.waiting()]).catch(none),
    store.projector().catch(() => null),
  ]);
  const [letters, waiting] = found ?? [[], []];
  const isMore = letters.length === limit;
  return { letters, waiting, projector, filter, before, isMore, isDatabaseAway: found === null };
};

function queryOf(url: URL): LetterQuery {
  try {
    return letterQueryOf(url);
  } catch (thrown) {
    error(400, { message: toAppError(thrown).message });
  }
}

/** The projector's word still stands while the database is away. */
function none(thrown: unknown): [readonly DeadLetterView[], readonly WaitingLetters[]] | null {
  const { code, message } = toAppError(thrown);
  if (code === 'dead-letter.not-found') error(404, { message });
  if (code !== 'storage.unavailable') throw thrown;
  return null;
}
