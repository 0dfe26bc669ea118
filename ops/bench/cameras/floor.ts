import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { StepCosts } from './floor.process.ts';

/** Measured with as many at once as the product kept cores busy: cores that share a cache slow each other. */
export async function stepCosts(busyCores: number, cacheDir: string): Promise<StepCosts> {
  const all = await Promise.all(Array.from({ length: Math.max(1, busyCores) }, () => measure(cacheDir)));
  const mean = (of: keyof StepCosts): number => all.reduce((sum, costs) => sum + costs[of], 0) / all.length;
  return {
    keyFrameMs: mean('keyFrameMs'),
    otherPictureMs: mean('otherPictureMs'),
    inputMs: mean('inputMs'),
    inferenceMs: mean('inferenceMs'),
  };
}

function measure(cacheDir: string): Promise<StepCosts> {
  return new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, 'floor.process.ts'), { execArgv: [] });
    child.once('message', (costs: StepCosts) => {
      resolve(costs);
    });
    child.once('exit', (code) => {
      reject(new Error(`measuring the floor ended with status ${String(code)}`));
    });
    child.send({ cacheDir });
  });
}
