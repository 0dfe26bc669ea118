import type { LetterFilter } from '#db/queries/dead-letters.ts';
import { parse } from '#protocol/codec.ts';
import { deadLetterFateSchema, deadLetterIdSchema, deadLetterReasonSchema } from '#protocol/dead-letters.ts';
import { AppError } from '#protocol/errors.ts';
import { userKeyOf } from './user-key.ts';

/** A page of the list. */
export const LETTERS_A_PAGE = 50;
const MAX_LIMIT = 500;

export interface LetterQuery extends LetterFilter {
  readonly limit: number;
  readonly before: string | null;
}

/** `?reason=&fate=waiting|replayed|discarded|all&limit=&before=ID`; those that wait by default. Throws input.invalid. */
export function letterQueryOf({ searchParams }: URL): LetterQuery {
  const [reason, fate, before] = [
    searchParams.get('reason'),
    searchParams.get('fate') ?? 'waiting',
    searchParams.get('before'),
  ];
  const limit = Number(searchParams.get('limit') ?? LETTERS_A_PAGE);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw new AppError('input.invalid', `limit must be a whole number from 1 to ${String(MAX_LIMIT)}`);
  }
  return {
    reason: reason === null ? null : parse(deadLetterReasonSchema, reason),
    fate: fate === 'all' ? null : parse(deadLetterFateSchema, fate),
    before: before === null ? null : parse(deadLetterIdSchema, before),
    limit,
  };
}

/** Who decides, for the record: without sign-in the address of the client. */
export function deciderOf(address: string): string {
  return `a page at ${userKeyOf(address)}`.slice(0, 60);
}
