import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { checkSeed, randomPlaceSamples, type Sample, sceneSamples } from './clips.ts';

/**
 * Renders the training set: `frames.rgb` (384 x 224 x 3 bytes a frame, one after the other) and `boxes.jsonl` (a line per
 * frame: a list of [x1, y1, x2, y2, visibility], image fractions). Usage:
 * node ops/training/dataset.ts --out DIR --places 3000 --scenes 60 --first-seed 1 [--difficulty hard]
 */
const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    places: { type: 'string', default: '3000' },
    scenes: { type: 'string', default: '60' },
    'first-seed': { type: 'string', default: '1' },
    difficulty: { type: 'string', default: 'usual' },
  },
});
if (values.out === undefined) throw new Error('--out DIR is needed: where the frames go');
const { difficulty } = values;
if (difficulty !== 'usual' && difficulty !== 'hard') throw new Error('--difficulty is usual or hard');
const firstSeed = Number(values['first-seed']);
const [places, scenes] = [Number(values.places), Number(values.scenes)];
checkSeed(firstSeed, 'training');
checkSeed(firstSeed + Math.max(places, scenes), 'training');

await mkdir(values.out, { recursive: true });
const frames = createWriteStream(join(values.out, 'frames.rgb'));
const boxes = createWriteStream(join(values.out, 'boxes.jsonl'));
let written = 0;
const startedAtMs = performance.now();

async function write(samples: readonly Sample[]): Promise<void> {
  for (const sample of samples) {
    boxes.write(
      `${JSON.stringify(sample.boxes.map(({ box, visibility }) => [box.x1, box.y1, box.x2, box.y2, visibility]))}\n`,
    );
    if (!frames.write(sample.rgb)) await once(frames, 'drain');
    written++;
  }
}

const every = scenes === 0 ? Infinity : Math.max(1, Math.floor(places / scenes));
for (let i = 0; i < places; i++) {
  await write(await randomPlaceSamples(firstSeed + i, 'training', difficulty));
  if (i % every === 0 && i / every < scenes) {
    const name = (i / every) % 2 === 0 ? 'entrance' : 'hall';
    await write(await sceneSamples(name, firstSeed + i / every, 'training', 16));
  }
  if (i % 100 === 0)
    console.log(
      `${i} of ${places} places, ${written} frames, ${Math.round((performance.now() - startedAtMs) / 1000)} s`,
    );
}
frames.end();
boxes.end();
await Promise.all([finished(frames), finished(boxes)]);
console.log(`${written} frames in ${values.out}`);
