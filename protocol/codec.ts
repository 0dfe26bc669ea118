import * as v from 'valibot';
import { AppError } from './errors.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

export function encode(message: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(message));
}

/** Decodes and validates; throws AppError `message.invalid` that names the first fault and where it is. */
export function decode<S extends v.GenericSchema>(schema: S, bytes: Uint8Array | string): v.InferOutput<S> {
  let value: unknown;
  try {
    value = JSON.parse(typeof bytes === 'string' ? bytes : decoder.decode(bytes));
  } catch (cause) {
    throw new AppError('message.invalid', 'not JSON in UTF-8', { cause });
  }
  return parse(schema, value, 'message.invalid');
}

/** Validates a value; the message lists up to three faults as `path: what is wrong`. */
export function parse<S extends v.GenericSchema>(
  schema: S,
  value: unknown,
  code: 'message.invalid' | 'input.invalid' | 'geometry.out-of-range' = 'input.invalid',
): v.InferOutput<S> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const faults = result.issues.slice(0, 3).map((issue) => `${v.getDotPath(issue) ?? 'value'}: ${issue.message}`);
  throw new AppError(code, faults.join('; '));
}
