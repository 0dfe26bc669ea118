import { json } from '@sveltejs/kit';
import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { editCameraRequestSchema } from '#web/lib/forms/camera-form.ts';
import { readJson } from '#web/lib/server/body.ts';
import { editCamera } from '#web/lib/server/edit-camera.ts';
import { answer, answerForm } from '#web/lib/server/problem.ts';

export const GET: RequestHandler = ({ params }) =>
  answer(async () => json({ camera: await backend().cameras.byId(params.id) }));

/** Changes the camera's settings; its lines and zones have an address of their own. */
export const PATCH: RequestHandler = ({ request, params }) =>
  answerForm(async () =>
    json(await editCamera(backend(), params.id, await readJson(request, editCameraRequestSchema))),
  );

export const DELETE: RequestHandler = ({ params }) =>
  answer(async () => {
    await backend().cameras.delete(params.id);
    return new Response(null, { status: 204 });
  });
