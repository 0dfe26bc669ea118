import { describe, expect, it } from 'vitest';
import { Tee } from './tee.ts';

function recording(): { tee: Tee<number>; failures: string[] } {
  const failures: string[] = [];
  return { tee: new Tee<number>((name, error) => failures.push(`${name}: ${String(error)}`)), failures };
}

describe('Tee', () => {
  it('hands each value to every sink in the order they were added', () => {
    const { tee } = recording();
    const seen: string[] = [];
    tee.add('a', (value) => seen.push(`a${String(value)}`));
    tee.add('b', (value) => seen.push(`b${String(value)}`));
    tee.push(1);
    tee.push(2);
    expect(seen).toEqual(['a1', 'b1', 'a2', 'b2']);
  });

  it('removes a sink that throws, reports it once and goes on with the others', () => {
    const { tee, failures } = recording();
    const seen: number[] = [];
    tee.add('broken', () => {
      throw new Error('no more');
    });
    tee.add('good', (value) => seen.push(value));
    tee.push(1);
    tee.push(2);
    expect(seen).toEqual([1, 2]);
    expect(failures).toEqual(['broken: Error: no more']);
    expect(tee.sinks).toBe(1);
  });

  it('gives nothing more to a sink that another removed in mid-round', () => {
    const { tee } = recording();
    const seen: number[] = [];
    const removeLate = { call: (): void => undefined };
    tee.add('first', () => {
      removeLate.call();
    });
    removeLate.call = tee.add('late', (value) => seen.push(value));
    tee.push(1);
    expect(seen).toEqual([]);
  });

  it('gives a sink added in mid-round the next value first', () => {
    const { tee } = recording();
    const seen: number[] = [];
    const removeFirst = tee.add('first', () => {
      removeFirst();
      tee.add('added', (value) => seen.push(value));
    });
    tee.push(1);
    tee.push(2);
    expect(seen).toEqual([2]);
  });

  it('lets one function be two sinks, removed one by one', () => {
    const { tee } = recording();
    let calls = 0;
    const sink = (): void => {
      calls += 1;
    };
    const remove = tee.add('one', sink);
    tee.add('two', sink);
    remove();
    remove();
    tee.push(1);
    expect(calls).toBe(1);
  });
});
