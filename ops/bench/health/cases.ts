import type { PictureProblem } from '#protocol/picture-health.ts';
import type { PictureFault } from '#media/simulator/picture-faults/picture-fault.ts';

export interface HealthCase {
  readonly fault: PictureFault;
  /** What is to be told of it; null: it is too slight, and nothing is. */
  readonly told: PictureProblem | null;
}

const told = (problem: PictureProblem, faults: readonly PictureFault[]): HealthCase[] =>
  faults.map((fault) => ({ fault, told: problem }));

/** Each fault from plain to slight, and slighter still as an operator would not want to hear of it. */
export const HEALTH_CASES: readonly HealthCase[] = [
  ...told(
    'covered',
    [1, 0.8, 0.65].map((areaFrac) => ({ kind: 'covered', areaFrac })),
  ),
  ...told(
    'blurred',
    [0.03, 0.015, 0.01].map((sigmaFrac) => ({ kind: 'blurred', sigmaFrac })),
  ),
  ...told(
    'moved',
    [0.4, 0.15, 0.05].map((byFrac) => ({ kind: 'moved', byFrac })),
  ),
  ...told('frozen', [{ kind: 'frozen' }]),
  ...told(
    'dark',
    [0, 0.05, 0.1].map((lightFrac) => ({ kind: 'dark', lightFrac })),
  ),
  ...told(
    'washed-out',
    [0.05, 0.1, 0.2].map((contrastFrac) => ({ kind: 'washed-out', contrastFrac })),
  ),
  { fault: { kind: 'covered', areaFrac: 0.2 }, told: null },
  { fault: { kind: 'blurred', sigmaFrac: 0.002 }, told: null },
  { fault: { kind: 'moved', byFrac: 0.01 }, told: null },
  { fault: { kind: 'dark', lightFrac: 0.4 }, told: null },
  { fault: { kind: 'washed-out', contrastFrac: 0.6 }, told: null },
];

/** As in `covered 0.8`. */
export function nameOf(fault: PictureFault): string {
  const [amount] = Object.values(fault).filter((value) => typeof value === 'number');
  return amount === undefined ? fault.kind : `${fault.kind} ${String(amount)}`;
}
