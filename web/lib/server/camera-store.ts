import { createCamera, deleteCamera, setGeometry, updateCamera } from '#db/commands/cameras.ts';
import type { Database } from '#db/database.ts';
import { cameraById, listCameras, sealedCredentialsOf } from '#db/queries/cameras.ts';
import { countsByPeriod, recentCrossings } from '#db/queries/counts.ts';
import { explanationOf } from '#db/queries/explanation.ts';
import { explanationWords } from '#db/queries/explanation-words.ts';
import { models, type ModelView } from '#db/queries/models.ts';
import { pictureProblems, type PictureProblemPeriod } from '#db/queries/picture-problems.ts';
import type { Sealer } from '#ops/runtime/seal.ts';
import { AppError } from '#protocol/errors.ts';
import type { Explanation } from '#protocol/explanation.ts';
import type { CameraView, History } from '../camera-view.ts';
import type { CheckedCamera } from '../forms/camera-form.ts';
import type { Drawing } from '../geometry/drawing.ts';

const RECENT_CROSSINGS = 12;

/** What the pages read and write. Every call may reject with storage.unavailable. */
export interface CameraStore {
  list(): Promise<readonly CameraView[]>;
  /** Rejects with camera.not-found. */
  byId(id: string): Promise<CameraView>;
  /** Rejects with camera.already-exists, input.invalid. */
  create(camera: CheckedCamera): Promise<CameraView>;
  /** Rejects with camera.not-found, camera.changed-meanwhile, input.invalid. */
  update(id: string, camera: CheckedCamera, revision?: number): Promise<CameraView>;
  /** Sealed for `camera:<id>`; null: there are none. Never for a page. */
  sealedCredentials(id: string): Promise<string | null>;
  /** Rejects with camera.not-found, geometry.out-of-range, camera.changed-meanwhile. */
  setGeometry(id: string, drawing: Drawing, revision?: number): Promise<CameraView>;
  /** Rejects with camera.not-found. */
  delete(id: string): Promise<void>;
  /** `periods` consecutive periods, the last one being that of `nowMs`. */
  history(id: string, nowMs: number, periodMs: number, periods: number): Promise<History>;
  /** What was wrong with its picture, newest first. */
  pictureProblems(id: string): Promise<readonly PictureProblemPeriod[]>;
  /** What became of a fact, and that in sentences. Rejects with fact.not-found, input.invalid. */
  explain(factId: string): Promise<{ explanation: Explanation; words: readonly string[] }>;
  /** Models that cameras can be set to, the shipped one first. */
  models(): Promise<readonly ModelView[]>;
  /** Rejects when the database does not answer. */
  ping(): Promise<void>;
}

/** Over db/queries and db/commands. */
export function storeOf(database: Database, sealer: Sealer): CameraStore {
  return {
    list: () => listCameras(database),
    async byId(id) {
      const camera = await cameraById(database, id);
      if (camera === null) throw new AppError('camera.not-found', `there is no camera ${id}`);
      return camera;
    },
    create: (camera) => createCamera(database, sealer, camera),
    update: (id, camera, revision) => updateCamera(database, sealer, id, camera, revision),
    sealedCredentials: (id) => sealedCredentialsOf(database, id),
    setGeometry: (id, drawing, revision) => setGeometry(database, id, drawing, revision),
    delete: (id) => deleteCamera(database, id),
    async history(id, nowMs, periodMs, periods) {
      const untilMs = (Math.floor(nowMs / periodMs) + 1) * periodMs;
      const range = { fromMs: untilMs - periods * periodMs, untilMs, periodMs };
      const [counted, crossings] = await Promise.all([
        countsByPeriod(database, id, range),
        recentCrossings(database, id, RECENT_CROSSINGS),
      ]);
      return {
        periodMs,
        periods: counted.map(({ fromMs, lines }) => ({
          fromMs,
          in: lines.reduce((sum, line) => sum + line.in, 0),
          out: lines.reduce((sum, line) => sum + line.out, 0),
        })),
        crossings: crossings.map(({ id, atMs, line, direction }) => ({ id, atMs, line, direction })),
      };
    },
    pictureProblems: (id) => pictureProblems(database, id),
    async explain(factId) {
      const explanation = await explanationOf(database, factId);
      if (explanation === null) throw new AppError('fact.not-found', `nothing is known of a fact ${factId}`);
      return { explanation, words: explanationWords(explanation) };
    },
    models: () => models(database),
    async ping() {
      await listCameras(database);
    },
  };
}
