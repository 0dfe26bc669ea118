import { vi } from 'vitest';

type WaitForOptions = Exclude<Parameters<typeof vi.waitFor>[1], number | undefined>;

/** How long an outcome is waited for when a test does not say: far more than any takes on a busy machine. */
const PATIENCE_MS = 20_000;

const waitFor = vi.waitFor.bind(vi);

/** A limit that a test states is a claim about the product and holds as it stands. */
vi.waitFor = (callback, options) => waitFor(callback, patient(options));

function patient(options: number | WaitForOptions = {}): WaitForOptions {
  return { timeout: PATIENCE_MS, ...(typeof options === 'number' ? { timeout: options } : options) };
}
