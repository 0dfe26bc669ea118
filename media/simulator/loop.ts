import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { AppError } from '#protocol/errors.ts';
import { chunkPath, openLoopFolder } from './loop-cache.ts';
import { readChunk } from './loop-chunk.ts';
import type { LoopReader, LoopStream, LoopUnit, OpenSceneLoop, SceneLoop, SceneLoopOptions } from './loop.port.ts';
import { GOP_MS, planOf, type StreamPlan } from './loop-plan.ts';
import type { RenderOrder, RenderReport } from './loop.process.ts';
import { LOOP_MS } from './scene.ts';

const STREAMS: readonly LoopStream[] = ['main', 'sub'];
/** Chunks a reader keeps unpacked: the one that plays and the one before it. */
const KEPT_CHUNKS = 2;
const MAX_FAILURES = 3;

/**
 * The renderer is a process of its own: its crash or load stays its own, and glibc can be told to
 * keep its pictures' memory instead of asking the kernel for 3.7 MB anew per picture, which doubles its speed.
 */
const RENDERER_ENV = { MALLOC_MMAP_THRESHOLD_: '100000000', MALLOC_TRIM_THRESHOLD_: '200000000' };

interface Waiter {
  resolve(): void;
  reject(error: AppError): void;
}

export const openSceneLoop: OpenSceneLoop = (options) => openFirstGops(options, LOOP_MS / GOP_MS);

/** A loop that closes early, after so many groups of pictures of 2 s: as long as a test wants to wait for. */
export async function openFirstGops({ scene, seed, cacheDir }: SceneLoopOptions, gops: number): Promise<SceneLoop> {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new AppError('input.invalid', `a scene's seed is a whole number from 0 on, not ${seed}`);
  }
  const folder = await openLoopFolder(cacheDir, scene, seed);
  const plans = { main: { ...planOf(scene, 'main'), gops }, sub: { ...planOf(scene, 'sub'), gops } };
  const ready = new Set<string>();
  const waiters = new Map<string, Waiter[]>();
  let child: ChildProcess | null = null;
  let failures = 0;
  let closed = false;

  const rejectAll = (error: AppError): void => {
    const all = [...waiters.values()].flat();
    waiters.clear();
    for (const waiter of all) waiter.reject(error);
  };

  const startRenderer = (): void => {
    const chunks: { stream: LoopStream; gop: number }[] = [];
    for (let gop = 0; gop < plans.main.gops; gop++) {
      for (const stream of STREAMS) if (!ready.has(keyOf(stream, gop))) chunks.push({ stream, gop });
    }
    if (closed || child !== null || chunks.length === 0) return;
    const renderer = fork(join(import.meta.dirname, 'loop.process.ts'), { env: RENDERER_ENV, execArgv: [] });
    child = renderer;
    let problem: AppError | null = null;
    renderer.on('message', (report: RenderReport) => {
      if (report.kind === 'failed') {
        problem = new AppError(
          report.isDiskFull ? 'disk.full' : 'internal',
          `cannot render the scene: ${report.message}`,
        );
        return;
      }
      failures = 0;
      const key = keyOf(report.stream, report.gop);
      ready.add(key);
      for (const waiter of waiters.get(key) ?? []) waiter.resolve();
      waiters.delete(key);
    });
    const ended = (cause: Error | null): void => {
      if (child !== renderer) return;
      child = null;
      if (cause === null && problem === null) {
        // Somebody may wait for a chunk that was found damaged meanwhile.
        if (waiters.size > 0) startRenderer();
        return;
      }
      failures++;
      rejectAll(problem ?? new AppError('internal', 'the renderer of the scene ended unexpectedly', { cause }));
    };
    renderer.on('error', ended);
    renderer.on('exit', (code, signal) => ended(code === 0 ? null : new Error(`exit code ${code}, signal ${signal}`)));
    renderer.send({ scene, seed, folder, chunks } satisfies RenderOrder);
  };

  const rendered = (stream: LoopStream, gop: number): Promise<void> => {
    const key = keyOf(stream, gop);
    if (ready.has(key)) return Promise.resolve();
    if (failures >= MAX_FAILURES) {
      return Promise.reject(new AppError('internal', 'the scene could not be rendered; see the earlier errors'));
    }
    return new Promise((resolve, reject) => {
      waiters.set(key, [...(waiters.get(key) ?? []), { resolve, reject }]);
      startRenderer();
    });
  };

  /** Reads a chunk; one that is missing or damaged after all is rendered again. */
  const load = async (plan: StreamPlan, gop: number): Promise<LoopUnit[]> => {
    for (let attempt = 0; attempt < 3; attempt++) {
      await rendered(plan.stream, gop);
      const units = await readChunk(chunkPath(folder, plan.stream, gop), plan.unitsPerGop);
      if (units !== null) return units;
      ready.delete(keyOf(plan.stream, gop));
      await openLoopFolder(cacheDir, scene, seed);
    }
    throw new AppError(
      'internal',
      `${chunkPath(folder, plan.stream, gop)} cannot be kept: is something else changing it?`,
    );
  };

  const readerOf = (plan: StreamPlan): LoopReader => {
    const kept = new Map<number, Promise<LoopUnit[]>>();
    const unitsPerLoop = plan.gops * plan.unitsPerGop;
    return {
      stream: plan.stream,
      widthPx: plan.widthPx,
      heightPx: plan.heightPx,
      fps: plan.fps,
      phaseMs: plan.phaseMs,
      unitsPerLoop,
      unitsPerGop: plan.unitsPerGop,
      async unit(i) {
        if (closed) throw abortedError();
        const inLoop = i % unitsPerLoop;
        const gop = Math.floor(inLoop / plan.unitsPerGop);
        const chunk = kept.get(gop) ?? load(plan, gop);
        kept.delete(gop);
        kept.set(gop, chunk);
        for (const oldest of kept.keys()) if (kept.size > KEPT_CHUNKS) kept.delete(oldest);
        try {
          const unit = (await chunk)[inLoop % plan.unitsPerGop];
          if (unit === undefined) throw new AppError('input.invalid', `a loop has no picture ${i}`);
          return unit;
        } catch (error) {
          kept.delete(gop);
          throw error;
        }
      },
    };
  };

  for (const stream of STREAMS) {
    for (let gop = 0; gop < plans[stream].gops; gop++) {
      const units = await readChunk(chunkPath(folder, stream, gop), plans[stream].unitsPerGop);
      if (units !== null) ready.add(keyOf(stream, gop));
    }
  }
  startRenderer();
  return {
    scene,
    seed,
    durationMs: gops * GOP_MS,
    main: readerOf(plans.main),
    sub: readerOf(plans.sub),
    progress: () => ready.size / (plans.main.gops + plans.sub.gops),
    close() {
      closed = true;
      rejectAll(abortedError());
      const running = child;
      child = null;
      if (running === null || running.exitCode !== null || running.signalCode !== null) return Promise.resolve();
      return new Promise((resolve) => {
        running.once('exit', () => resolve());
        running.kill('SIGKILL');
      });
    },
  };
}

function keyOf(stream: LoopStream, gop: number): string {
  return `${stream} ${gop}`;
}

function abortedError(): AppError {
  return new AppError('aborted', 'the scene was closed');
}
