import type { RequestHandler } from './$types';
import { problem } from '#web/lib/server/problem.ts';
import { AppError } from '#protocol/errors.ts';

/** Players read problem documents, not pages. */
export const fallback: RequestHandler = () =>
  problem(new AppError('relay.viewer-not-found', 'nothing is played here: a camera is at /whep/CAMERA'));
