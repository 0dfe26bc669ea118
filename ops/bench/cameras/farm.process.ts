/**
 * Simulated cameras in a process of their own, so that what they cost is not counted with the product. Cameras share loops
 * rendered beforehand, each at a phase of its own.
 */
import type { Fault } from '#media/simulator/camera-faults.ts';
import type { Crossing } from '#media/simulator/crossings.ts';
import { openRtspServer } from '#media/simulator/rtsp-server.ts';
import { SimulatedCamera } from '#media/simulator/simulated-camera.ts';
import { findParameterSets, type Source } from '#media/simulator/source.ts';
import type { TrueCrossing } from '#media/simulator/camera-truth.ts';
import { openLoop, STREAM, type Loop, type LoopSpec } from './loops.ts';

export interface FarmCamera {
  readonly name: string;
  readonly loop: LoopSpec;
  /** How far into its loop it begins, in groups of pictures. */
  readonly gop: number;
}

export type FarmRequest =
  | { readonly kind: 'open'; readonly cameras: readonly FarmCamera[]; readonly cacheDir: string }
  | { readonly kind: 'fault'; readonly camera: string; readonly fault: Fault | null }
  | { readonly kind: 'truth' };

export type FarmReply =
  | { readonly kind: 'ready'; readonly port: number }
  | { readonly kind: 'truth'; readonly crossings: Readonly<Record<string, readonly TrueCrossing[]>> };

let cameras: readonly SimulatedCamera[] = [];

process.on('message', (request: FarmRequest) => {
  if (request.kind === 'open') void open(request.cameras, request.cacheDir);
  else if (request.kind === 'fault') cameras.find(({ name }) => name === request.camera)?.setFault(request.fault);
  else reply({ kind: 'truth', crossings: Object.fromEntries(cameras.map(({ name, truth }) => [name, listed(truth)])) });
});
process.on('disconnect', () => process.exit());

async function open(wanted: readonly FarmCamera[], cacheDir: string): Promise<void> {
  const loops = new Map<string, Promise<Loop>>();
  cameras = await Promise.all(
    wanted.map(async ({ name, loop, gop }) => {
      const key = JSON.stringify(loop);
      const opening = loops.get(key) ?? openLoop(loop, cacheDir);
      loops.set(key, opening);
      return cameraOf(name, await opening, gop);
    }),
  );
  const streams = new Map(cameras.flatMap((camera) => [...camera.paths()]));
  const { port } = await openRtspServer({ port: 0, streams, maxConnections: 2 * cameras.length + 16 });
  reply({ kind: 'ready', port });
}

function cameraOf(name: string, loop: Loop, gop: number): SimulatedCamera {
  const first = gop * STREAM.unitsPerGop;
  const { scene, units, spec } = loop;
  const source: Source = {
    fps: STREAM.fps,
    phaseMs: 0,
    parameterSets: () => Promise.resolve(findParameterSets(units[0]?.nalUnits ?? [])),
    nextKeyFrame: (i) => Math.ceil(i / STREAM.unitsPerGop) * STREAM.unitsPerGop,
    unit: (i) => Promise.resolve(units[(i + first) % units.length] ?? { nalUnits: [], isKeyFrame: false }),
  };
  const laterMs = (first * 1000) / STREAM.fps;
  const { durationMs, seed, line } = scene;
  const crossings: Crossing[] = spec.isEmpty
    ? []
    : scene
        .crossings()
        .map((crossing) => ({ ...crossing, tMs: (crossing.tMs - laterMs + durationMs) % durationMs }))
        .sort((a, b) => a.tMs - b.tMs);
  const noDelay = { sendDelayMs: 0 };
  return new SimulatedCamera({
    name,
    main: source,
    sub: source,
    scene: {
      seed,
      durationMs,
      line,
      crossings: () => crossings,
      truthBoxes: (timeMs) => (spec.isEmpty ? [] : scene.truthBoxes(timeMs + laterMs)),
    },
    traits: { main: noDelay, sub: noDelay },
  });
}

function listed(truth: SimulatedCamera['truth']): TrueCrossing[] {
  const all: TrueCrossing[] = [];
  for (let isMore = truth !== null; isMore;) {
    const { crossings = [], hasMore = false } = truth?.crossings(all.at(-1)?.atMs ?? 0) ?? {};
    all.push(...crossings);
    isMore = hasMore;
  }
  return all;
}

function reply(message: FarmReply): void {
  process.send?.(message);
}
