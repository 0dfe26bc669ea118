import { isMoved, splitCredentials } from '#protocol/camera.ts';
import type { ProbeResult } from '#protocol/commands.ts';
import type { CameraView } from '#web/lib/camera-view.ts';
import {
  checkCameraForm,
  emptyForm,
  formOf,
  rebased,
  type CameraField,
  type CameraForm,
  type FieldErrors,
  type FormProblem,
} from '#web/lib/forms/camera-form.ts';
import { send, type Outcome } from '#web/lib/requests.ts';

/** A camera's form while it is filled in: for a new camera, or for one that is there. */
export class CameraFormState {
  form: CameraForm = $state(emptyForm());
  errors: FieldErrors = $state({});
  problem = $state<FormProblem | null>(null);
  found = $state<ProbeResult | null>(null);
  /** What did not work out, when the fields say why. */
  failed = $state('');
  busy = $state<'testing' | 'saving' | null>(null);
  /** Fields somebody else changed to something else meanwhile. */
  overtaken = $state.raw<readonly CameraField[]>([]);
  /** The camera as the form was filled in from; null for a new one. */
  present = $state.raw<CameraView | null>(null);

  /** The addresses name another server than the stored password was entered for. */
  readonly isMoved = $derived.by(() => {
    if (this.present === null) return false;
    const [main, sub] = [splitCredentials(this.form.url.trim()), splitCredentials(this.form.subUrl.trim())];
    return isMoved(this.present, main?.url ?? null, sub?.url ?? null);
  });
  readonly canKeepLogin = $derived(this.present?.hasCredentials === true && !this.isMoved);

  constructor(present: CameraView | null) {
    this.present = present;
    if (present !== null) this.form = formOf(present);
  }

  /** Somebody else changed the camera: what was not touched here follows. */
  follow(camera: CameraView): void {
    if (this.present === null || camera.revision <= this.present.revision) return;
    const { form, overtaken } = rebased(this.form, formOf(this.present), formOf(camera));
    this.form = form;
    this.overtaken = [...this.overtaken.filter((field) => !overtaken.includes(field)), ...overtaken];
    this.present = camera;
  }

  /** What is typed into the address as user:password@ moves into its own fields, where the password is not shown. */
  takeCredentials(): void {
    const split = splitCredentials(this.form.url.trim());
    if (split === null || (split.username === '' && split.password === '')) return;
    this.form.url = split.url;
    this.form.keepLogin = false;
    if (split.username !== '') this.form.username = split.username;
    if (split.password !== '') this.form.password = split.password;
  }

  async test(path: string): Promise<void> {
    const name = this.form.name.trim() === '' ? 'Unnamed' : this.form.name;
    if (!this.#isSound({ ...this.#sent(), name })) return;
    this.busy = 'testing';
    const outcome = await send<{ probe: ProbeResult }>('POST', path, this.#sent());
    this.busy = null;
    if (outcome.ok) this.found = outcome.result.probe;
    else this.#refuse({ ...outcome.problem, canAddAnyway: false }, 'The camera did not pass.');
  }

  /** The stored camera; null when it was not stored. `failed` is said when a field has the reason. */
  async save(
    request: (form: CameraForm) => Promise<Outcome<{ camera: CameraView }>>,
    failed: string,
  ): Promise<CameraView | null> {
    if (!this.#isSound(this.#sent())) return null;
    this.busy = 'saving';
    const outcome = await request(this.#sent());
    this.busy = null;
    if (outcome.ok) return outcome.result.camera;
    this.#refuse(outcome.problem, failed);
    return null;
  }

  #sent(): CameraForm {
    this.takeCredentials();
    return { ...this.form, keepLogin: this.form.keepLogin && this.canKeepLogin };
  }

  #isSound(form: CameraForm): boolean {
    const checked = checkCameraForm(form, this.present);
    this.errors = checked.ok ? {} : checked.errors;
    this.problem = null;
    this.found = null;
    return checked.ok;
  }

  #refuse(problem: FormProblem, failed: string): void {
    this.failed = failed;
    this.problem = problem;
    this.errors = problem.fieldErrors ?? {};
    this.found = null;
  }
}
