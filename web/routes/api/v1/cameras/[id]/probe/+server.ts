import { json } from '@sveltejs/kit';
import type { RequestHandler } from './$types';
import { editCameraRequestSchema } from '#web/lib/forms/camera-form.ts';
import { backend } from '#web/lib/server/backend.ts';
import { readJson } from '#web/lib/server/body.ts';
import { probeEdited } from '#web/lib/server/edit-camera.ts';
import { answerForm } from '#web/lib/server/problem.ts';

/** Would the camera answer with these settings? Nothing is kept. */
export const POST: RequestHandler = ({ request, params }) =>
  answerForm(async () =>
    json({ probe: await probeEdited(backend(), params.id, await readJson(request, editCameraRequestSchema)) }),
  );
