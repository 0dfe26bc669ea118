import { AppError } from './errors.ts';
import type { Fact } from './facts.ts';
import { TOKEN_PATTERN } from './ids.ts';

const FACTS: Record<Fact['type'], string> = {
  LeaseStarted: 'lease-started',
  LineCrossed: 'line-crossed',
  CrossingDismissed: 'crossing-dismissed',
  ZoneLeft: 'zone-left',
  ZoneThresholdCrossed: 'zone-threshold-crossed',
  ZoneMeasured: 'zone-measured',
  CameraMeasured: 'measured',
  CameraStateChanged: 'state-changed',
  PictureHealthChanged: 'picture-health-changed',
};

function token(text: string): string {
  if (!TOKEN_PATTERN.test(text)) {
    throw new AppError('input.invalid', `"${text}" cannot stand in a subject: use a-z, 0-9 and -`);
  }
  return text;
}

/**
 * Every subject the product speaks on: `footfall.<kind>.<thing>.<id>.<what>.v<n>`. Kind first, so that a stream, a
 * retention or a permission is one wildcard.
 */
export const subjects = {
  /** Kept in the facts stream. */
  fact: (type: Fact['type'], camera: string) => `footfall.fact.camera.${token(camera)}.${FACTS[type]}.v1`,
  allFacts: 'footfall.fact.>',
  /** Refused messages and why, in the dead-letter stream; camera null: of one whose subject names none. */
  deadLetter: (camera: string | null) =>
    camera === null ? 'footfall.dead.unknown.none.letter.v1' : `footfall.dead.camera.${token(camera)}.letter.v1`,
  allDeadLetters: 'footfall.dead.>',
  /** Lossy, to open pages. */
  liveBoxes: (camera: string) => `footfall.live.camera.${token(camera)}.boxes.v1`,
  liveState: (camera: string) => `footfall.live.camera.${token(camera)}.state.v1`,
  liveCounts: (camera: string) => `footfall.live.camera.${token(camera)}.counts.v1`,
  allLiveStates: 'footfall.live.camera.*.state.v1',
  /** Request and reply. */
  whepOffer: (camera: string) => `footfall.cmd.camera.${token(camera)}.whep-offer.v1`,
  whepPatch: (camera: string) => `footfall.cmd.camera.${token(camera)}.whep-patch.v1`,
  whepClose: (camera: string) => `footfall.cmd.camera.${token(camera)}.whep-close.v1`,
  whepViewers: (camera: string) => `footfall.cmd.camera.${token(camera)}.whep-viewers.v1`,
  poster: (camera: string) => `footfall.cmd.camera.${token(camera)}.poster.v1`,
  cameraFlow: (camera: string) => `footfall.cmd.camera.${token(camera)}.flow.v1`,
  placementAdvice: (camera: string) => `footfall.cmd.camera.${token(camera)}.placement-advice.v1`,
  restartCamera: (camera: string) => `footfall.cmd.camera.${token(camera)}.restart.v1`,
  projectorStats: 'footfall.cmd.projector.any.stats.v1',
  workerStats: (worker: string) => `footfall.cmd.worker.${token(worker)}.stats.v1`,
  probeCamera: 'footfall.cmd.worker.any.probe-camera.v1',
  checkModel: 'footfall.cmd.worker.any.check-model.v1',
} as const;

export interface FactSubject {
  readonly camera: string;
  readonly what: string;
  readonly version: string;
}

/** The parts of a subject in the facts stream, whether this version knows them or not; null when it is not shaped as one. */
export function parseFactSubject(subject: string): FactSubject | null {
  const [product, kind, thing, camera = '', what = '', version = '', ...more] = subject.split('.');
  if (product !== 'footfall' || kind !== 'fact' || thing !== 'camera' || more.length > 0) return null;
  const isWhole = TOKEN_PATTERN.test(camera) && TOKEN_PATTERN.test(what) && /^v[1-9]\d{0,4}$/.test(version);
  return isWhole ? { camera, what, version } : null;
}

/** Whether facts are published with this in their subject. */
export function isFactKind(what: string): boolean {
  return Object.values(FACTS).includes(what);
}
