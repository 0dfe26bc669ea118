import { vi } from 'vitest';

type WaitForOptions = Exclude<Parameters<typeof vi.waitFor>[1], number | undefined>;

/** No outcome that comes is waited for in vain, however busy the machine is. */
const AT_LEAST_MS = 20_000;

const waitFor = vi.waitFor.bind(vi);

/** Integration tests wait for outcomes, not for times: what `vi.waitFor` is given is the least patience, never the most. */
vi.waitFor = (callback, options) => waitFor(callback, patient(options));

function patient(options: number | WaitForOptions = {}): WaitForOptions {
  const given = typeof options === 'number' ? { timeout: options } : options;
  return { ...given, timeout: Math.max(AT_LEAST_MS, given.timeout ?? 0) };
}
