import { json } from '@sveltejs/kit';
import * as v from 'valibot';
import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { readJson } from '#web/lib/server/body.ts';
import { answer } from '#web/lib/server/problem.ts';
import { MAX_SHAPES } from '#web/lib/geometry/drawing.ts';
import { lineSchema, zoneSchema } from '#protocol/geometry.ts';

const geometrySchema = v.object({
  lines: v.pipe(v.array(lineSchema), v.maxLength(MAX_SHAPES)),
  zones: v.pipe(v.array(zoneSchema), v.maxLength(MAX_SHAPES)),
  /** The camera's revision these were drawn on; refused with 409 when there is a newer one. Absent: they replace whatever is there. */
  revision: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
});

/** Replaces a camera's lines and zones; its worker counts by them at once. */
export const PUT: RequestHandler = ({ request, params }) =>
  answer(async () => {
    const { revision, ...drawing } = await readJson(request, geometrySchema, 'geometry.out-of-range');
    return json({ camera: await backend().cameras.setGeometry(params.id, drawing, revision) });
  });
