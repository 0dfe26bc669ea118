import type { EntityManager } from '@mikro-orm/postgresql';
import { subjects } from '#protocol/subjects.ts';
import type { Bus, Closable } from '#ops/runtime/bus.port.ts';
import type { Log } from '#ops/runtime/log.ts';
import { DEAD_LETTERS_CHANNEL } from '../commands/dead-letters.ts';
import type { Database } from '../database.ts';
import { messageOf } from '../dead-letter-view.ts';
import { DeadLetterEntity, type DeadLetterRow } from '../entities/dead-letter.entity.ts';
import { Resync } from './resync.ts';

/** Letters in hand at once. */
const AT_ONCE = 50;

export interface DeadLetterCopiesOptions {
  readonly database: Database;
  readonly bus: Bus;
  readonly log: Log;
}

/**
 * Copies letters to the dead-letter stream, each until the stream has it. Not in the way of facts: a stream that refuses them
 * delays the copies and nothing else.
 */
export function startDeadLetterCopies({ database, bus, log }: DeadLetterCopiesOptions): Closable {
  return new Resync({
    database,
    bus,
    channel: DEAD_LETTERS_CHANNEL,
    async work() {
      for (let letters = await uncopied(database); letters.length > 0; letters = await uncopied(database)) {
        for (const letter of letters) {
          await bus.publishFact(subjects.deadLetter(letter.camera ?? null), `dead.${letter.id}`, messageOf(letter));
        }
        await markCopied(database, letters);
      }
    },
    onError(error) {
      log.warn({ error }, 'dead letters could not be copied to their stream: trying again');
    },
  });
}

function uncopied(database: Database): Promise<DeadLetterRow[]> {
  return database.read((em: EntityManager) =>
    em.find(
      DeadLetterEntity,
      { copiedAt: null },
      { orderBy: { rejectedAt: 'asc' }, limit: AT_ONCE, populate: ['body'] },
    ),
  );
}

async function markCopied(database: Database, letters: readonly DeadLetterRow[]): Promise<void> {
  await database.write((em) =>
    em.nativeUpdate(DeadLetterEntity, { id: { $in: letters.map(({ id }) => id) } }, { copiedAt: new Date() }),
  );
}
