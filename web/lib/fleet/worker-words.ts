import type { WorkerOrders } from '#protocol/workers.ts';
import type { Tone } from '../camera-words.ts';
import { lasting } from '../words.ts';
import type { WorkerView } from './fleet.ts';

type Told = Pick<WorkerView, 'id' | 'state' | 'orders' | 'lastHeardMs' | 'cameras'>;

/** How a worker is, in a word or two, and what that means where it does not go without saying. */
export function workerWords(worker: Told, nowMs: number): { word: string; tone: Tone; note: string | null } {
  const { drained, cordoned } = worker.orders;
  switch (worker.state) {
    case 'open':
      return { word: 'Has room', tone: 'good', note: null };
    case 'full':
      return { word: 'Full', tone: 'idle', note: 'It takes no more cameras.' };
    case 'cordoned':
      return drained
        ? { word: 'Out of service', tone: 'idle', note: 'It handed its cameras over and takes none.' }
        : { word: 'Cordoned', tone: 'idle', note: 'It keeps its cameras and takes no more.' };
    case 'leaving':
      return { word: 'Handing over', tone: 'warn', note: 'Its cameras go to other workers as these have room.' };
    case 'silent': {
      const word = `Silent for ${lasting(nowMs - worker.lastHeardMs)}`;
      const note = drained || cordoned ? 'When it comes back it takes no cameras.' : null;
      return { word, tone: note === null ? 'bad' : 'idle', note };
    }
  }
}

export interface OfferedOrder {
  readonly orders: WorkerOrders;
  readonly button: string;
  readonly question: string;
  readonly explanation: string;
}

/** What can be ordered of a worker now, with what comes of it. `others`: those besides it. */
export function offeredOrders(worker: Told, others: readonly Pick<WorkerView, 'state'>[]): OfferedOrder[] {
  const { cordoned, drained } = worker.orders;
  const isAlone = !others.some(({ state }) => state === 'open');
  const cordon: OfferedOrder = {
    orders: { cordoned: true, drained: false },
    button: 'Cordon',
    question: `Cordon ${worker.id}?`,
    explanation: `It keeps the cameras it has (${String(worker.cameras)}) and takes no more.${isAlone ? ALONE_CORDONED : ''}`,
  };
  const drain: OfferedOrder = {
    orders: { cordoned: false, drained: true },
    button: 'Hand over all cameras',
    question: `Hand over all cameras of ${worker.id}?`,
    explanation: `Other workers take its cameras (${String(worker.cameras)}) a few at a time, without a gap in the counts. It takes none until it is taken back into service.${isAlone ? ALONE_DRAINED : ''}`,
  };
  const back: OfferedOrder = {
    orders: { cordoned: false, drained: false },
    button: 'Take back into service',
    question: `Take ${worker.id} back into service?`,
    explanation: 'It takes cameras again, as far as it has room.',
  };
  return [...(cordoned || drained ? [back] : [cordon]), ...(drained ? [] : [drain])];
}

const ALONE_CORDONED =
  ' No other worker has room: a new camera waits until one has, and so do its own once it is started anew.';
const ALONE_DRAINED =
  ' No other worker has room: its cameras stay here until one has, and wait for one once it is started anew.';
