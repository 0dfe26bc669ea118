import { json } from '@sveltejs/kit';
import type { RequestHandler } from './$types';
import { newCameraRequestSchema } from '#web/lib/forms/camera-form.ts';
import { probeCamera } from '#web/lib/server/add-camera.ts';
import { backend } from '#web/lib/server/backend.ts';
import { readJson } from '#web/lib/server/body.ts';
import { answerForm } from '#web/lib/server/problem.ts';

/** Is there a camera at this address, and what does it send? Nothing is kept. */
export const POST: RequestHandler = ({ request }) =>
  answerForm(async () =>
    json({ probe: await probeCamera(backend(), await readJson(request, newCameraRequestSchema)) }),
  );
