import { isAbsolute, join } from 'node:path';
import { AppError } from '#protocol/errors.ts';

const SHIPPED_FOLDER = import.meta.dirname;
const DEFAULT_MODEL = 'footfall-person';
const SHIPPED_NAME = /^[a-z0-9][a-z0-9._-]*$/i;

/**
 * Where a camera's model lies: null is the shipped default, a bare name is a shipped model, anything else must be an
 * absolute path. Says nothing about whether a file is there.
 */
export function resolveModel(model: string | null): string {
  const asked = model ?? DEFAULT_MODEL;
  if (isAbsolute(asked)) return asked;
  if (SHIPPED_NAME.test(asked)) return join(SHIPPED_FOLDER, asked.endsWith('.onnx') ? asked : `${asked}.onnx`);
  throw new AppError('input.invalid', `model "${asked}" is neither a shipped name nor an absolute path`);
}
