import { describe, expect, it } from 'vitest';
import { createRandom } from '#media/simulator/random.ts';
import { AppError } from '#protocol/errors.ts';
import { formatEntry, parseEntry } from './corpus.ts';
import { fuzz, STALL_MS } from './fuzz-run.ts';
import { refusingWith, type FuzzRunner, type FuzzTarget } from './fuzz-target.ts';
import { mutate } from './mutator.ts';
import { TARGETS } from './targets.ts';

const SEED = 20_261_122;

describe('what strangers send', () => {
  it.each(TARGETS.map((target) => [target.name, target] as const))(
    'does no harm to %s in 20,000 wrong forms',
    (_name, target) => {
      const report = fuzz(target, { seed: SEED, inputs: 20_000 });
      expect(report.harms).toEqual([]);
      // Neither all noise nor all valid: both sides of every parser were seen.
      expect(report.refused).toBeGreaterThan(0);
      expect(report.refused).toBeLessThan(report.inputs);
    },
  );
});

describe('the fuzzer', () => {
  const targetOf = (run: FuzzRunner): FuzzTarget => ({
    name: 'planted',
    corpus: [[Buffer.from('v=0\r\n'), Buffer.from('a=control:5\r\n')]],
    dictionary: [Buffer.from('"')],
    maxBytes: 4096,
    open: () => run,
  });

  it('finds an error that was not declared, and shows the input so that it can be kept', () => {
    const planted = targetOf((pieces) => {
      if (Buffer.concat(pieces).includes('"')) throw new TypeError('planted');
      return 'taken';
    });
    const { harms, inputs } = fuzz(planted, { seed: SEED, inputs: 20_000 });
    expect(inputs).toBeLessThan(1000);
    expect(harms).toEqual([expect.stringContaining('TypeError: planted')]);
    const kept = harms[0]?.split('\n').filter((line) => line.startsWith('hex ')) ?? [];
    expect(Buffer.concat([...parseEntry(kept.join('\n'))]).includes('"')).toBe(true);
  });

  it('takes a declared refusal for one, and no other', () => {
    const refuse = (): never => {
      throw new AppError('camera.protocol-violation', 'planted');
    };
    expect(refusingWith('camera.', refuse)).toBe('refused');
    expect(() => refusingWith('relay.', refuse)).toThrow('planted');
  });

  it('finds an input that holds the event loop', () => {
    const planted = targetOf(() => {
      const before = process.threadCpuUsage();
      for (let busyMs = 0; busyMs < 2 * STALL_MS;) {
        const { user, system } = process.threadCpuUsage(before);
        busyMs = (user + system) / 1000;
      }
      return 'taken';
    });
    expect(fuzz(planted, { seed: SEED, inputs: 3 }).harms).toEqual([expect.stringContaining('held the event loop')]);
  });

  it('finds memory that is never given back', () => {
    const kept: Buffer[] = [];
    const planted = targetOf(() => {
      kept.push(Buffer.alloc(2048));
      return 'taken';
    });
    const { harms } = fuzz(planted, { seed: SEED, inputs: 20_000 });
    expect(harms).toEqual([expect.stringContaining('the heap grew')]);
    expect(kept.length).toBeGreaterThanOrEqual(20_000);
  });

  it('makes the same input of the same seed, within the size', () => {
    for (const target of TARGETS) {
      for (let nth = 0; nth < 50; nth += 1) {
        const once = mutate(target, createRandom(`once ${String(nth)}`));
        expect(mutate(target, createRandom(`once ${String(nth)}`))).toEqual(once);
        expect(Buffer.concat([...once]).length).toBeLessThanOrEqual(target.maxBytes);
      }
    }
  });

  it('keeps an input as it was', () => {
    const pieces = [Buffer.from('v=0\r\n'), Buffer.from([0, 255])];
    expect(parseEntry(formatEntry(pieces))).toEqual(pieces);
    expect(parseEntry('# why\nv=0\nhex 00ff\n')).toEqual(pieces);
  });
});
