import { jetstreamManager } from '@nats-io/jetstream';
import { unavailable, type BusConnection } from './bus.connection.ts';
import { isBeyond, nullWhenMissing, positionOf, streamPositionOf } from './bus.consumer.ts';
import type { Backlog } from './bus.port.ts';

export async function backlog(link: BusConnection, stream: string, durable: string): Promise<Backlog | null> {
  const doing = `cannot tell how far ${durable} is behind ${stream}`;
  link.demand(doing);
  try {
    return await link.orLost(read(link, stream, durable));
  } catch (cause) {
    throw unavailable(doing, cause);
  }
}

async function read(link: BusConnection, stream: string, durable: string): Promise<Backlog | null> {
  const manager = await jetstreamManager(link.nc, { checkAPI: false });
  const consumer = await manager.consumers.info(stream, durable).catch(nullWhenMissing);
  if (consumer === null) return null;
  const info = await manager.streams.info(stream);
  // Its position is of a stream that is no more: it is about to begin anew.
  const isAnew = isBeyond(positionOf(consumer), streamPositionOf(info));
  const messages = isAnew ? info.state.messages : consumer.num_pending + consumer.num_ack_pending;
  if (messages === 0) return { messages, oldestAtMs: null };
  // The next one there is: those that follow at once may have grown too old and gone.
  const next = { seq: isAnew ? 1 : consumer.ack_floor.stream_seq + 1, next_by_subj: '>' };
  const oldest = await manager.streams.getMessage(stream, next);
  return { messages, oldestAtMs: oldest?.time.getTime() ?? null };
}
