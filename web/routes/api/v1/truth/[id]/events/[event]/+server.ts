import { json } from '@sveltejs/kit';
import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { answer } from '#web/lib/server/problem.ts';
import { markerOf, wholeNumber } from '#web/lib/server/truth-query.ts';

export const DELETE: RequestHandler = ({ params, url }) =>
  answer(async () => {
    const event = wholeNumber(params.event, 'the event');
    const { revision, events } = await backend().truths.removeEvent(params.id, event, markerOf(url));
    return json({ revision, events });
  });
