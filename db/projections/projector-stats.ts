import { emptyResultSchema } from '#protocol/commands.ts';
import type { ProjectorStats } from '#protocol/projector-stats.ts';
import { streams } from '#protocol/streams.ts';
import { subjects } from '#protocol/subjects.ts';
import type { Bus, Closable } from '#ops/runtime/bus.port.ts';
import { PROJECTOR_DURABLE, type Projector } from './projector.ts';

/** Says how far the facts stream is ahead of the tables, to whoever asks. Needs the bus only. */
export function answerStats(bus: Bus, projector: Pick<Projector, 'paused'>): Closable {
  return bus.respond(
    subjects.projectorStats,
    emptyResultSchema,
    async (): Promise<ProjectorStats> => {
      const { messages, oldestAtMs } = (await bus.backlog(streams.facts.name, PROJECTOR_DURABLE)) ?? NOTHING;
      return {
        waiting: messages,
        oldestForMs: oldestAtMs === null ? null : Math.max(0, Date.now() - oldestAtMs),
        pausedSinceMs: projector.paused?.sinceMs ?? null,
        pausedBecause: projector.paused?.because ?? null,
      };
    },
    'projector',
  );
}

const NOTHING = { messages: 0, oldestAtMs: null };
