import { existsSync } from 'node:fs';
import { readEnv } from '#ops/runtime/env.ts';
import { mediasoupWorkerBin } from '#ops/runtime/paths.ts';

/**
 * The mediasoup worker tests run on, or null after printing what is not tested then. With FOOTFALL_REQUIRE_MEDIASOUP=1
 * (as CI sets it) its absence is an error instead.
 */
export function mediasoupBinForTests(): string | null {
  const env = readEnv();
  const binary = mediasoupWorkerBin(env);
  if (binary !== null && existsSync(binary)) return binary;
  const reason = 'there is no mediasoup worker (`npm run setup -- mediasoup` gets it)';
  if (env.requireMediasoup) throw new Error(`${reason}, and the tests that need it must run`);
  console.warn(`not tested: the relay on mediasoup, since ${reason}`);
  return null;
}
