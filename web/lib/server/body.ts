import type * as v from 'valibot';
import { parse } from '#protocol/codec.ts';
import { AppError } from '#protocol/errors.ts';

const MAX_JSON_BYTES = 64 * 1024;

/** A request's body as text, read no further than `maxBytes`; throws input.too-large, input.invalid (not UTF-8). */
export async function readText(request: Request, maxBytes: number): Promise<string> {
  const tooLarge = new AppError('input.too-large', `the request is larger than ${String(maxBytes)} bytes`);
  // Kit refuses to read what announces to be far larger, with an error of its own.
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) throw tooLarge;
    chunks.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    throw new AppError('input.invalid', 'the request is not UTF-8 text', { cause });
  }
}

/** A JSON body of the given shape. Requires the JSON content type: a form on another site cannot send that. */
export async function readJson<S extends v.GenericSchema>(
  request: Request,
  schema: S,
  code: 'input.invalid' | 'geometry.out-of-range' = 'input.invalid',
): Promise<v.InferOutput<S>> {
  if (!contentTypeIs(request, 'application/json')) {
    throw new AppError('input.invalid', 'send the request as application/json');
  }
  const text = await readText(request, MAX_JSON_BYTES);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AppError('input.invalid', 'the request is not valid JSON', { cause });
  }
  return parse(schema, value, code);
}

export function contentTypeIs(request: Request, type: string): boolean {
  return (request.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() === type;
}
