import { json } from '@sveltejs/kit';
import type { RequestHandler } from './$types';
import { newCameraRequestSchema } from '#web/lib/forms/camera-form.ts';
import { addCamera } from '#web/lib/server/add-camera.ts';
import { backend } from '#web/lib/server/backend.ts';
import { readJson } from '#web/lib/server/body.ts';
import { answer, answerForm } from '#web/lib/server/problem.ts';

export const GET: RequestHandler = () => answer(async () => json({ cameras: await backend().cameras.list() }));

export const POST: RequestHandler = ({ request }) =>
  answerForm(async () => {
    const added = await addCamera(backend(), await readJson(request, newCameraRequestSchema));
    return json(added, { status: 201, headers: { location: `/api/v1/cameras/${added.camera.id}` } });
  });
