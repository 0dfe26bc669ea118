import { describe, expect, it } from 'vitest';
import { FlowMeter, type FlowTotal } from './flow-meter.ts';

function link(total: number, bytes: number | null = null, to = 'sub'): FlowTotal {
  return { from: 'camera', to, unit: 'packets', total, bytes, dropped: 3, waiting: null };
}

describe('FlowMeter', () => {
  it('knows nothing before the first sample and no rate before the second', () => {
    const meter = new FlowMeter();
    expect(meter.read()).toEqual({ overMs: 0, links: [] });
    meter.sample([link(500)], 1_000);
    expect(meter.read().links).toMatchObject([{ perSecond: 0 }]);
  });

  it('gives rates in units and bits over the last samples, and what was dropped as it is', () => {
    const meter = new FlowMeter();
    meter.sample([link(500, 10_000)], 1_000);
    meter.sample([link(600, 35_000)], 3_000);
    expect(meter.read()).toEqual({
      overMs: 2_000,
      links: [
        {
          from: 'camera',
          to: 'sub',
          unit: 'packets',
          perSecond: 50,
          bitsPerSecond: 100_000,
          dropped: 3,
          waiting: null,
        },
      ],
    });
  });

  it('looks back five samples only', () => {
    const meter = new FlowMeter();
    for (let second = 0; second <= 20; second += 1)
      meter.sample([link(second < 15 ? 0 : (second - 15) * 10)], second * 1_000);
    expect(meter.read()).toMatchObject({ overMs: 5_000, links: [{ perSecond: 10 }] });
  });

  it('takes a total that went back, and a link that is new, for begun since', () => {
    const meter = new FlowMeter();
    meter.sample([link(500)], 0);
    meter.sample([link(20), link(40, null, 'viewer')], 1_000);
    expect(meter.read().links.map(({ perSecond }) => perSecond)).toEqual([20, 40]);
  });
});
