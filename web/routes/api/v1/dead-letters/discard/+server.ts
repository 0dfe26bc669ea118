import { json } from '@sveltejs/kit';
import * as v from 'valibot';
import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { readJson } from '#web/lib/server/body.ts';
import { deciderOf } from '#web/lib/server/dead-letter-query.ts';
import { answer } from '#web/lib/server/problem.ts';
import { deadLetterReasonSchema } from '#protocol/dead-letters.ts';

/** null: of all reasons. */
const wantedSchema = v.object({ reason: v.nullable(deadLetterReasonSchema) });

/** All letters that wait. */
export const POST: RequestHandler = ({ request, getClientAddress }) =>
  answer(async () => {
    const { reason } = await readJson(request, wantedSchema);
    return json({ discarded: await backend().deadLetters.discardAll(reason, deciderOf(getClientAddress())) });
  });
