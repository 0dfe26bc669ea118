/** What decoding and detecting alone cost, with nothing around them: CPU milliseconds of each step, over the bench's own loops. */
import { loadModel } from '#actors/inference/loaded-model.ts';
import { readModelFile } from '#actors/inference/models/model-file.ts';
import { resolveModel } from '#actors/inference/models/resolve.ts';
import { PictureDecoder } from '#media/frames/h264.nodeav.ts';
import { openLoop, LOOPS } from './loops.ts';

/** CPU milliseconds each. */
export interface StepCosts {
  readonly keyFrameMs: number;
  readonly otherPictureMs: number;
  /** A decoded picture made a detector's input. */
  readonly inputMs: number;
  readonly inferenceMs: number;
}

const INFERENCES = 400;

process.once('message', ({ cacheDir }: { cacheDir: string }) => {
  void measure(cacheDir).then((costs) => {
    process.send?.(costs);
    process.disconnect();
  });
});

async function measure(cacheDir: string): Promise<StepCosts> {
  const model = await loadModel(await readModelFile(resolveModel(null, null)));
  const { shape } = model.card;
  const loops = await Promise.all(LOOPS.map((spec) => openLoop(spec, cacheDir)));
  const pictures = loops.flatMap(({ units }) =>
    units.map(({ nalUnits, isKeyFrame }) => ({ data: annexB(nalUnits), isKeyFrame })),
  );
  const decoder = new PictureDecoder();
  const decodeAll = (each: () => void): void => {
    for (const [i, { data }] of pictures.entries()) decoder.decode(data, i, each);
  };
  decodeAll(() => undefined);
  const keyFrames = pictures.filter(({ isKeyFrame }) => isKeyFrame);
  const keyFrameMs =
    cpuMs(() => {
      for (const [i, { data }] of keyFrames.entries()) decoder.decode(data, i, () => undefined);
    }) / keyFrames.length;
  const allMs = cpuMs(() => {
    decodeAll(() => undefined);
  });
  const withInputMs = cpuMs(() => {
    decodeAll(() => decoder.rgb(shape));
  });
  const before = process.cpuUsage();
  for (let i = 0; i < INFERENCES; i += 1) {
    const picture = decoder.rgb(shape);
    if (picture !== null) await model.detect({ ...picture, ...shape, ticks90k: i, receivedAtMs: 0 });
  }
  const used = process.cpuUsage(before);
  const inputMs = (withInputMs - allMs) / pictures.length;
  const costs = {
    keyFrameMs,
    otherPictureMs: (allMs - keyFrameMs * keyFrames.length) / (pictures.length - keyFrames.length),
    inputMs,
    inferenceMs: (used.user + used.system) / 1000 / INFERENCES - inputMs,
  };
  await model.release();
  return costs;
}

function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function annexB(nalUnits: readonly Buffer[]): Buffer {
  return Buffer.concat(nalUnits.flatMap((nalUnit) => [Buffer.from([0, 0, 0, 1]), nalUnit]));
}
