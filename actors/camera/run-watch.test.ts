import { expect, test } from 'vitest';
import { RunWatch } from './run-watch.ts';

function watch(expectFrames = true) {
  const heard: string[] = [];
  const run = new RunWatch(
    {
      onMedia: () => heard.push('media'),
      onQuiet: () => heard.push('quiet'),
      onNoFrames: () => heard.push('no-frames'),
    },
    expectFrames,
  );
  return { run, heard };
}

test('the first picture is news, the next are not', () => {
  const { run, heard } = watch();
  run.picture(0, true);
  run.picture(40, false);
  expect(heard).toEqual(['media']);
});

test('five silent seconds are told once, and the picture after them again', () => {
  const { run, heard } = watch();
  run.picture(0, true);
  run.tick(4_999);
  run.tick(5_000);
  run.tick(6_000);
  run.picture(7_000, true);
  expect(heard).toEqual(['media', 'quiet', 'media']);
});

test('pictures without frames end the run after ten seconds', () => {
  const { run, heard } = watch();
  for (let ms = 0; ms < 10_000; ms += 500) run.picture(ms, ms % 2000 === 0);
  run.tick(9_999);
  expect(heard).toEqual(['media']);
  run.tick(10_000);
  expect(heard).toEqual(['media', 'no-frames']);
});

test('a camera with long groups of pictures is given two of them', () => {
  const { run, heard } = watch();
  for (let ms = 0; ms <= 15_500; ms += 500) run.picture(ms, ms % 8_000 === 0);
  run.tick(15_999);
  expect(heard).toEqual(['media']);
});

test('a silence does not count towards the wait for frames', () => {
  const { run, heard } = watch();
  run.picture(0, true);
  run.frame(0);
  run.tick(6_000);
  run.picture(11_000, true);
  run.tick(11_001);
  expect(heard).toEqual(['media', 'quiet', 'media']);
});

test('a stream that is only shown is not asked for frames', () => {
  const { run, heard } = watch(false);
  for (let ms = 0; ms <= 20_000; ms += 500) run.picture(ms, true);
  run.tick(20_000);
  expect(heard).toEqual(['media']);
});
