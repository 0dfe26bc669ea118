import { AppError } from '#protocol/errors.ts';

/** `?revision=N`; null without. Throws input.invalid. */
export function revisionOf(url: URL): number | null {
  const text = url.searchParams.get('revision');
  return text === null ? null : wholeNumber(text, 'revision');
}

/** `?by=NAME`: who takes something away, since DELETE has no body. Checked where it is stored. */
export function markerOf(url: URL): string {
  return url.searchParams.get('by') ?? '';
}

/** Throws input.invalid. */
export function wholeNumber(text: string, name: string): number {
  if (!/^[1-9][0-9]{0,8}$/.test(text)) {
    throw new AppError('input.invalid', `${name} must be a whole number from 1`);
  }
  return Number(text);
}
