import type { CameraState } from '#protocol/camera.ts';
import type { Availability, WorkerHeartbeat } from '#protocol/leases.ts';
import { NO_ORDERS, type WorkerDetails, type WorkerOrders } from '#protocol/workers.ts';

/** A worker that is there, or was. */
export interface WorkerView extends WorkerDetails {
  readonly id: string;
  readonly host: string;
  readonly state: Availability | 'silent';
  /** Epoch ms; now while it is heard. */
  readonly lastHeardMs: number;
  readonly capacity: number;
  /** That it runs; 0 when it is silent. */
  readonly cameras: number;
  readonly orders: WorkerOrders;
}

/** A camera that is to be counted and that nobody counts. */
export interface WaitingCamera {
  readonly camera: string;
  readonly name: string;
  /** One sentence. */
  readonly reason: string;
  readonly code: string;
  /** null: nobody has told. */
  readonly sinceMs: number | null;
}

/** GET /api/v1/workers. */
export interface Fleet {
  readonly workers: readonly WorkerView[];
  readonly waiting: readonly WaitingCamera[];
  /** What keeps this from being all there is to know, one sentence; null: nothing. */
  readonly notice: string | null;
}

/** What the table says of a worker. */
export interface KnownWorker extends Omit<WorkerDetails, 'load'>, WorkerOrders {
  readonly id: string;
  readonly host: string;
  readonly capacity: number;
  readonly lastSeenMs: number;
}

export interface HeardWorker {
  readonly heartbeat: WorkerHeartbeat;
  readonly silentForMs: number;
}

/** As other workers judge it. */
const SILENT_AFTER_MS = 6_000;
const WAITING_CODES: readonly (string | null)[] = ['fleet.full', 'camera.unclaimed'];

/** Those of the table and those that are heard, by name. Pure. */
export function workersOf(known: readonly KnownWorker[], heard: readonly HeardWorker[], nowMs: number): WorkerView[] {
  const rows = new Map(known.map((row) => [row.id, row]));
  const beats = new Map(heard.map((each) => [each.heartbeat.worker, each]));
  const ids = [...new Set([...rows.keys(), ...beats.keys()])].sort();
  return ids.flatMap((id) => {
    const [row, beat] = [rows.get(id), beats.get(id)];
    const orders = row === undefined ? NO_ORDERS : { cordoned: row.cordoned, drained: row.drained };
    if (beat !== undefined) return [heardView(beat, orders, nowMs)];
    return row === undefined ? [] : [goneView(row, orders)];
  });
}

/** Cameras that are switched on and have no worker, those that wait longest first. Pure. */
export function waitingOf(
  cameras: readonly { readonly id: string; readonly name: string; readonly enabled: boolean }[],
  states: readonly CameraState[],
  isAnybodyHeard: boolean,
): WaitingCamera[] {
  const told = new Map(states.map((state) => [state.camera, state]));
  const waiting = cameras
    .filter(({ enabled }) => enabled)
    .flatMap(({ id, name }): WaitingCamera[] => {
      if (!isAnybodyHeard) {
        const reason = 'No worker runs: nobody counts this camera.';
        return [{ camera: id, name, reason, code: 'camera.unclaimed', sinceMs: null }];
      }
      const state = told.get(id);
      if (state?.code === undefined || state.code === null || !WAITING_CODES.includes(state.code)) return [];
      return [{ camera: id, name, reason: state.reason, code: state.code, sinceMs: state.sinceMs }];
    });
  return waiting.sort((a, b) => (a.sinceMs ?? 0) - (b.sinceMs ?? 0));
}

function heardView({ heartbeat, silentForMs }: HeardWorker, orders: WorkerOrders, nowMs: number): WorkerView {
  const { worker, host, capacity, cameras, availability } = heartbeat;
  const { startedAtMs, version, cores, load, inferencesPerSecond, addresses, groups } = heartbeat;
  const isSilent = silentForMs >= SILENT_AFTER_MS;
  return {
    ...{ id: worker, host, capacity, orders, startedAtMs, version, cores, inferencesPerSecond, addresses, groups },
    state: isSilent ? 'silent' : availability,
    lastHeardMs: isSilent ? nowMs - silentForMs : nowMs,
    cameras: isSilent ? 0 : cameras,
    load: isSilent ? null : load,
  };
}

function goneView(row: KnownWorker, orders: WorkerOrders): WorkerView {
  const { id, host, capacity, startedAtMs, version, cores, inferencesPerSecond, addresses, groups } = row;
  return {
    ...{ id, host, capacity, orders, startedAtMs, version, cores, inferencesPerSecond, addresses, groups },
    ...{ state: 'silent', lastHeardMs: row.lastSeenMs, cameras: 0, load: null },
  };
}
