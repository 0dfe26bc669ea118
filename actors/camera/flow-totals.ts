import type { DecoderStats } from '#media/frames/decoder.port.ts';
import type { PicturesStats } from '#media/ingest/pictures.ts';
import type { ViewerStats } from '#media/relay/relay.port.ts';
import type { FlowTotal } from './flow-meter.ts';

export interface MediaFigures {
  /** Of the sessions that play now, by stream, main first. */
  readonly streams: ReadonlyMap<'main' | 'sub', PicturesStats>;
  /** The stream that is counted; the main one is shown. */
  readonly counted: 'main' | 'sub';
  /** null: nothing is decoded just now. */
  readonly decoder: DecoderStats | null;
  /** Frames a detector has looked at. */
  readonly inferences: number;
  readonly viewers: readonly ViewerStats[];
}

export interface OutputFigures {
  /** Messages with boxes, to pages. */
  readonly boxes: number;
  readonly facts: number;
  readonly factsWaiting: number;
}

/** Viewers beyond this many are summed up. */
const VIEWERS_NAMED = 8;

/** What each link of a camera's way has carried, in the order in which things travel. */
export function flowTotals(media: MediaFigures, output: OutputFigures): FlowTotal[] {
  const streams = [...media.streams].flatMap(([name, stats]) => [
    link('camera', name, 'packets', stats.packets, { bytes: stats.bytes, dropped: stats.lostPackets }),
    ...(name === 'main'
      ? [toRelay(stats), ...media.viewers.slice(0, VIEWERS_NAMED).map(toViewer), ...toOthers(media)]
      : []),
    ...(name === media.counted && media.decoder !== null ? toCounts(name, media.decoder, media, output) : []),
  ]);
  return streams;
}

function toRelay({ units, damaged, oversize, discarded }: PicturesStats): FlowTotal {
  return link('main', 'relay', 'pictures', units, { dropped: damaged + oversize + discarded });
}

function toViewer(viewer: ViewerStats): FlowTotal {
  const name = `viewer ${viewer.viewerId.slice(0, 6)}`;
  return link('relay', name, 'packets', viewer.packetsSent, { bytes: viewer.bytesSent, dropped: notArrived(viewer) });
}

/** Lost on the way, or left out because the relay was behind. */
function notArrived({ packetsLost, packetsDropped }: ViewerStats): number {
  return packetsLost + packetsDropped;
}

function toOthers({ viewers }: MediaFigures): FlowTotal[] {
  const others = viewers.slice(VIEWERS_NAMED);
  if (others.length === 0) return [];
  const sum = (of: (viewer: ViewerStats) => number): number => others.reduce((total, viewer) => total + of(viewer), 0);
  return [
    link(
      ...(['relay', `${String(others.length)} more viewers`, 'packets', sum((viewer) => viewer.packetsSent)] as const),
      { bytes: sum((viewer) => viewer.bytesSent), dropped: sum(notArrived) },
    ),
  ];
}

function toCounts(
  from: string,
  decoder: DecoderStats,
  { inferences }: MediaFigures,
  output: OutputFigures,
): FlowTotal[] {
  return [
    link(from, 'decoder', 'pictures', decoder.decoded, { dropped: decoder.dropped + decoder.errors }),
    link('decoder', 'motion gate', 'frames', decoder.handedOn + decoder.still, {}),
    link('motion gate', 'detector', 'frames', inferences, { dropped: decoder.overtaken }),
    link('detector', 'tracker', 'frames', inferences, {}),
    link('tracker', 'pages', 'boxes', output.boxes, {}),
    link('tracker', 'outbox', 'facts', output.facts, { waiting: output.factsWaiting }),
  ];
}

function link(
  from: string,
  to: string,
  unit: FlowTotal['unit'],
  total: number,
  { bytes = null, dropped = 0, waiting = null }: Partial<Pick<FlowTotal, 'bytes' | 'dropped' | 'waiting'>>,
): FlowTotal {
  return { from, to, unit, total, bytes, dropped, waiting };
}
