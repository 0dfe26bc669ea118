import * as v from 'valibot';

export const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
/** Recovers by itself after so long. */
export const forMs = v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(3_600_000)));
