import { AppError } from '#protocol/errors.ts';
import type { AnalysisFrame } from '#media/frames/frame.ts';
import type { DetectorPool, Inference, ModelCard, PoolStats } from './detector.port.ts';
import { resolveModel } from './models/resolve.ts';
import { FairQueue } from './scheduler.ts';
import { InferenceThread, startWorkerThread } from './thread.ts';
import type { StartThread } from './thread.ts';
import type { ThreadAnswer } from './thread-messages.ts';

/** A thread that takes longer than this, and than five warm-ups, hangs. */
const MIN_ANSWER_MS = 2000;
const WARM_UPS_PER_ANSWER = 5;
/** Threads that are never idle keep every frame waiting. */
const USABLE = 0.9;
/** Of each inference's time, in the mean that is kept: some fifty of them. */
const COST_FOLLOWS = 0.02;
/** A thread that hangs is not waited for. */
const CLOSE_WITHIN_MS = 5000;

export interface DetectorPoolOptions {
  readonly threads: number;
  /** Where models are kept beside those shipped; null: there are only those, and paths. */
  readonly modelsFolder?: string | null;
  readonly startThread?: StartThread;
}

interface ReadyModel {
  readonly path: string;
  readonly card: ModelCard;
  readonly warmUpMs: number;
}

interface FrameJob {
  readonly kind: 'detect';
  readonly model: ReadyModel;
  readonly frame: AnalysisFrame;
  readonly resolve: (inference: Inference | null) => void;
  readonly reject: (error: AppError) => void;
}

interface LoadJob {
  readonly kind: 'load';
  readonly path: string;
  readonly resolve: (model: ReadyModel) => void;
  readonly reject: (error: AppError) => void;
}

/** The opener closes it. Threads start with the first load. */
export function openDetectorPool(options: DetectorPoolOptions): DetectorPool {
  return new ThreadPool(options);
}

class ThreadPool implements DetectorPool {
  private readonly threads: readonly InferenceThread[];
  private readonly modelsFolder: string | null;
  private readonly frames = new FairQueue<FrameJob>();
  private readonly loads: LoadJob[] = [];
  private readonly loading = new Map<string, Promise<ReadyModel>>();
  private readonly models = new Map<string, ReadyModel>();
  /** Of a model as settings name it, the file it was loaded from. */
  private readonly paths = new Map<string | null, string>();
  private replaced = 0;
  private costMs: number | null = null;
  private isClosed = false;

  constructor({ threads, modelsFolder = null, startThread = startWorkerThread }: DetectorPoolOptions) {
    this.modelsFolder = modelsFolder;
    this.threads = Array.from({ length: threads }, () => new InferenceThread(startThread));
  }

  async load(model: string | null): Promise<ModelCard> {
    if (this.isClosed) throw closed();
    const path = resolveModel(model, this.modelsFolder);
    const { card } = await (this.loading.get(path) ?? this.startLoad(path));
    this.paths.set(model, path);
    return card;
  }

  async warmUp(): Promise<void> {
    await this.load(null);
    const path = this.paths.get(null) ?? '';
    const idle = this.threads.filter((thread) => !thread.isBusy);
    await Promise.all(idle.map((thread) => thread.ask({ kind: 'load', path }, MIN_ANSWER_MS)));
    this.dispatch();
  }

  private startLoad(path: string): Promise<ReadyModel> {
    const pending = new Promise<ReadyModel>((resolve, reject) => {
      this.loads.push({ kind: 'load', path, resolve, reject });
      this.dispatch();
    });
    this.loading.set(path, pending);
    pending
      .then((ready) => this.models.set(path, ready))
      .catch(() => undefined) // Told to whoever asked for the load.
      .finally(() => this.loading.delete(path));
    return pending;
  }

  async detect(camera: string, model: string | null, frame: AnalysisFrame): Promise<Inference | null> {
    if (this.isClosed) throw closed();
    const ready = this.models.get(this.paths.get(model) ?? '');
    if (ready === undefined)
      throw new AppError('internal', `model ${String(model)} was not loaded before its first frame`);
    return new Promise((resolve, reject) => {
      const job: FrameJob = { kind: 'detect', model: ready, frame, resolve, reject };
      const older = this.frames.offer(camera, job, ready.warmUpMs);
      if (older !== null) {
        this.replaced += 1;
        older.resolve(null);
      }
      this.dispatch();
    });
  }

  stats(): PoolStats {
    return {
      threads: this.threads.length,
      costMs: this.costMs,
      capacityFps: this.costMs === null ? null : (USABLE * this.threads.length * 1000) / this.costMs,
      waiting: this.frames.length,
      replaced: this.replaced,
      restarts: this.threads.reduce((sum, thread) => sum + thread.restarts, 0),
    };
  }

  async close(): Promise<void> {
    this.isClosed = true;
    for (const job of [...this.loads.splice(0), ...this.frames.clear()]) job.reject(closed());
    const gone = Promise.all(this.threads.map((thread) => thread.close()));
    let deadline: NodeJS.Timeout | undefined;
    const givenUp = new Promise<void>((resolve) => {
      deadline = setTimeout(resolve, CLOSE_WITHIN_MS);
    });
    await Promise.race([gone, givenUp]);
    clearTimeout(deadline);
  }

  private dispatch(): void {
    for (const thread of this.threads) {
      if (thread.isBusy || this.isClosed) continue;
      const job = this.loads.shift() ?? this.frames.next();
      if (job === null) return;
      void this.serve(thread, job).then(() => {
        this.dispatch();
      });
    }
  }

  private async serve(thread: InferenceThread, job: LoadJob | FrameJob): Promise<void> {
    try {
      if (job.kind === 'load') {
        const answer = await thread.ask({ kind: 'load', path: job.path }, MIN_ANSWER_MS);
        if (answer.kind !== 'loaded') throw refusal(answer);
        job.resolve({ path: job.path, card: answer.card, warmUpMs: answer.warmUpMs });
        return;
      }
      const { path, card, warmUpMs } = job.model;
      const limitMs = Math.max(MIN_ANSWER_MS, WARM_UPS_PER_ANSWER * warmUpMs);
      const request = { kind: 'detect', path, name: card.name, frame: job.frame } as const;
      const askedAtMs = performance.now();
      const { buffer } = job.frame.rgb;
      const answer = await thread.ask(request, limitMs, buffer instanceof ArrayBuffer ? [buffer] : []);
      if (answer.kind !== 'detected') throw refusal(answer);
      const tookMs = performance.now() - askedAtMs;
      this.costMs = this.costMs === null ? tookMs : this.costMs + (tookMs - this.costMs) * COST_FOLLOWS;
      job.resolve(answer.inference);
    } catch (error) {
      job.reject(error instanceof AppError ? error : new AppError('inference.failed', String(error), { cause: error }));
    }
  }
}

function refusal(answer: ThreadAnswer): AppError {
  if (answer.kind !== 'failed') return new AppError('internal', `an inference thread answered "${answer.kind}"`);
  return new AppError(answer.code, answer.message, { context: answer.context });
}

function closed(): AppError {
  return new AppError('aborted', 'the detector pool was closed');
}
