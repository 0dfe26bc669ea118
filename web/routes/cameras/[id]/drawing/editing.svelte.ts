import type { CameraView } from '#web/lib/camera-view.ts';
import { finished, openDrafts, present, replaceBy, select, type Drafts } from '#web/lib/geometry/drafts.ts';
import { drawingOf, isSameDrawing, type Drawing } from '#web/lib/geometry/drawing.ts';
import { faultsOf } from '#web/lib/geometry/faults.ts';
import { send } from '#web/lib/requests.ts';

/** One camera's drawing from "Edit" to "Save". What somebody else saves meanwhile is told, and takes nothing away. */
export class Editing {
  drafts = $state.raw<Drafts>(openDrafts({ lines: [], zones: [] }));
  problem = $state<string | null>(null);
  saving = $state(false);
  /** Ids that have counts: no new line or zone may take one over. */
  readonly taken: readonly string[];
  readonly #camera: () => CameraView;
  readonly #learn: (camera: CameraView) => void;
  /** What the camera had when these drafts began, or was last agreed to be given up. */
  #basis = $state.raw<Drawing>({ lines: [], zones: [] });

  readonly faults = $derived(faultsOf(present(this.drafts)));
  readonly isDirty = $derived(!isSameDrawing(finished(this.drafts), this.#basis));

  /** `camera`: the newest that is known; `learn` is told of newer ones. */
  constructor(camera: () => CameraView, learn: (camera: CameraView) => void, taken: readonly string[]) {
    this.#camera = camera;
    this.#learn = learn;
    this.taken = taken;
    this.#basis = drawingOf(camera());
    this.drafts = openDrafts(this.#basis);
  }

  /** Somebody else has stored other lines or zones since. */
  get isOvertaken(): boolean {
    return !isSameDrawing(drawingOf(this.#camera()), this.#basis);
  }

  change = (drafts: Drafts): void => {
    this.drafts = drafts;
    this.problem = null;
  };

  /** The next save replaces what the other one stored. */
  keepMine = (): void => {
    this.#basis = drawingOf(this.#camera());
    this.problem = null;
  };

  /** Undo brings mine back. */
  takeTheirs = (): void => {
    this.keepMine();
    this.drafts = replaceBy(this.drafts, this.#basis);
  };

  /** True when it is stored. */
  async save(): Promise<boolean> {
    const [fault] = this.faults;
    if (fault !== undefined) {
      this.drafts = select(this.drafts, fault.shape);
      return false;
    }
    this.saving = true;
    const isStored = await this.#put();
    this.saving = false;
    return isStored;
  }

  async #put(): Promise<boolean> {
    // A change of the camera's name or address also raises its revision: that is no reason to ask anybody.
    for (let attempt = 1; !this.isOvertaken; attempt++) {
      const { id, revision } = this.#camera();
      const path = `/api/v1/cameras/${id}`;
      const body = { ...finished(this.drafts), revision };
      const outcome = await send<{ camera: CameraView }>('PUT', `${path}/geometry`, body);
      if (outcome.ok) {
        this.#learn(outcome.result.camera);
        this.keepMine();
        return true;
      }
      const now =
        outcome.problem.code === 'camera.changed-meanwhile' && attempt < 3
          ? await send<{ camera: CameraView }>('GET', path)
          : outcome;
      if (!now.ok) {
        this.problem = now.problem.detail;
        return false;
      }
      this.#learn(now.result.camera);
    }
    return false;
  }
}
