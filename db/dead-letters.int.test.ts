import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { decode, encode } from '#protocol/codec.ts';
import {
  deadLetterSchema,
  KEPT_HEAD_BYTES,
  MAX_FACT_BYTES,
  type DeadLetter,
  type DeadLetterView,
  type ReplayResult,
} from '#protocol/dead-letters.ts';
import { replicas, streams } from '#protocol/streams.ts';
import { subjects } from '#protocol/subjects.ts';
import type { Bus } from '#ops/runtime/bus.port.ts';
import { ensureStreams } from '#ops/runtime/bus.streams.ts';
import { leaseStarted, lineCrossed, newLease, publish, type TestLease } from '#ops/testkit/facts.ts';
import { openTestProjector, type TestProjector } from '#ops/testkit/projector.ts';
import { discardLetter, replayLetter } from './commands/dead-letters.ts';
import { silentLog } from '#ops/testkit/log.ts';
import { forgetLetters } from './schedules/dead-letters.ts';
import { letterById, listLetters, replayResult, waitingLetters } from './queries/dead-letters.ts';

const T = Date.parse('2026-11-22T10:00:00Z');
const ANY = { reason: null, fate: null } as const;
const LIMIT_MS = 10_000;
const DAY_MS = 24 * 3_600_000;
let world: TestProjector;
let camera = '';
let cameras = 0;
let lease: TestLease;

beforeAll(async () => {
  world = await openTestProjector(T);
});
afterAll(() => world.close());
beforeEach(async () => {
  camera = `cam-${String((cameras += 1))}`;
  lease = newLease(camera, 2);
  await publish(world.bus, leaseStarted(lease, T));
});

const crossing = subjectOf('line-crossed.v1');

function subjectOf(what: string, id = () => camera): () => string {
  return () => `footfall.fact.camera.${id()}.${what}`;
}

/** The letter made of the message with this id. */
async function letterOf(messageId: string): Promise<DeadLetterView> {
  return vi.waitFor(async () => {
    const found = (await listLetters(world.database, ANY, 1_000)).find((letter) => letter.messageId === messageId);
    expect(found, `a letter of ${messageId}`).toBeDefined();
    return found as DeadLetterView;
  });
}

/** A good fact is stored: whatever came before it blocks nothing. */
async function nextGoodFactIsStored(n: number): Promise<void> {
  const good = lineCrossed(lease, n, T + 1_000 + n);
  await publish(world.bus, good);
  await vi.waitFor(async () => {
    expect(await world.accepted(camera)).toContain(good.id);
  });
}

async function shortDedupeWindow(): Promise<void> {
  const { name, subjects: spoken, maxAgeDays } = streams.facts;
  const spec = { storage: 'file', maxAgeMs: maxAgeDays * DAY_MS, maxMessages: null, discard: 'new', replicas } as const;
  await world.bus.declare({ streams: [{ name, subjects: [...spoken], dedupeWindowMs: 100, ...spec }], buckets: [] });
  onTestFinished(() => ensureStreams(world.bus));
}

async function replayed(id: string, bus: Pick<Bus, 'publishFact'> = world.bus): Promise<ReplayResult> {
  const replay = await replayLetter(world.database, bus, id, 'Ada', T);
  return replayResult(world.database, id, replay, LIMIT_MS);
}

/** Everything the dead-letter stream holds from now on. */
function readStream(): DeadLetter[] {
  const letters: DeadLetter[] = [];
  const reader = world.bus.consume({
    stream: streams.deadLetters.name,
    durable: `test-${randomBytes(4).toString('hex')}`,
    onBatch: (batch) => {
      letters.push(...batch.map(({ data }) => decode(deadLetterSchema, data)));
      return Promise.resolve();
    },
  });
  onTestFinished(() => {
    reader.close();
  });
  return letters;
}

const other = newLease('another', 9);
const BAD: readonly [string, DeadLetter['reason'], () => string, () => unknown][] = [
  ['an unknown version', 'unknown-version', subjectOf('line-crossed.v9'), () => lineCrossed(lease, 1, T)],
  ['an unknown type', 'unknown-type', crossing, () => ({ ...lineCrossed(lease, 1, T), type: 'DogCrossed \0\ud800' })],
  ['an unknown type in its subject', 'unknown-type', subjectOf('dog-crossed.v1'), () => lineCrossed(lease, 1, T)],
  ['wrong JSON', 'not-json', crossing, () => Buffer.from('{"type":')],
  ['bytes that are no text', 'not-json', crossing, () => new Uint8Array([0, 1, 2, 255])],
  ['nothing', 'not-json', crossing, () => new Uint8Array()],
  ['a field of the wrong kind', 'invalid', crossing, () => ({ ...lineCrossed(lease, 1, T), track: 'seven \0' })],
  ['a number the table cannot hold', 'unstorable', crossing, () => ({ ...lineCrossed(lease, 1, T), track: 1e300 })],
  ['a forged epoch', 'fenced', crossing, () => ({ ...lineCrossed(lease, 1, T), epoch: 99 })],
  ['a time its lease does not own', 'fenced', crossing, () => lineCrossed(lease, 1, T - 60_000)],
  ['an id of another camera', 'mismatch', crossing, () => lineCrossed(other, 1, T)],
  ['an oversized body', 'too-large', crossing, () => ({ ...lineCrossed(lease, 1, T), model: 'x'.repeat(200_000) })],
  ['a wildcard in its id', 'bad-subject', subjectOf('line-crossed.v1', () => 'cam-*'), () => lineCrossed(lease, 1, T)],
  ['the other wildcard', 'bad-subject', subjectOf('line-crossed.v1', () => '>'), () => lineCrossed(lease, 1, T)],
  ['too few parts in its subject', 'bad-subject', () => 'footfall.fact.camera', () => lineCrossed(lease, 1, T)],
  ['a subject of odd signs', 'bad-subject', () => 'footfall.fact.\u0001é.x', () => lineCrossed(lease, 1, T)],
];

describe('a message that cannot be taken', () => {
  it.each(BAD)('with %s becomes a letter with reason %s and blocks nobody', async (_, reason, subject, content) => {
    const stream = readStream();
    const message = content();
    const body = message instanceof Uint8Array ? message : encode(message);
    const messageId = `bad.${camera}`;
    await world.bus.publishFact(subject(), messageId, body);
    await nextGoodFactIsStored(2);
    const letter = await letterOf(messageId);
    expect(letter).toMatchObject({
      reason,
      subject: subject(),
      sizeBytes: body.length,
      fate: 'waiting',
      replayOf: null,
    });
    expect(letter.camera).toBe(reason === 'bad-subject' ? null : camera);
    expect(letter.detail).not.toBe('');
    const isWhole = body.length <= MAX_FACT_BYTES;
    const kept = isWhole ? body : body.subarray(0, KEPT_HEAD_BYTES);
    expect(letter.isWhole).toBe(isWhole);
    expect(Buffer.from((await letterById(world.database, letter.id)).body).equals(kept)).toBe(true);
    await vi.waitFor(() => {
      const copies = stream.filter(({ id }) => id === letter.id);
      expect(copies).toMatchObject([{ reason, subject: subject(), body: Buffer.from(kept).toString('base64') }]);
    });
    const rows = await world.rows<{ reason: string }>(
      'select reason from rejected_messages where subject = ? and rejected_at >= ?',
      subject(),
      new Date(letter.rejectedAtMs - 1_000),
    );
    expect(rows.map((row) => row.reason)).toContain(reason === 'fenced' ? 'fenced' : 'invalid');
  });

  it('settles its place in the outbox, and is one letter however often it comes', async () => {
    const id = lineCrossed(lease, 1, T).id;
    await world.bus.publishFact(crossing(), id, Buffer.from('nonsense'));
    await nextGoodFactIsStored(2);
    await vi.waitFor(async () => {
      expect(await world.watermark(lease)).toMatchObject({ n: 2 });
    });
    const letter = await letterOf(id);
    // Beyond the dedupe window the stream itself holds a message twice.
    await shortDedupeWindow();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await world.bus.publishFact(crossing(), id, Buffer.from('nonsense'));
    await nextGoodFactIsStored(3);
    const [{ messages } = { messages: 0 }] = await world.rows<{ messages: number }>(
      'select count(*)::integer as messages from dead_letters where message_id = ?',
      id,
    );
    expect(messages).toBe(1);
    const all = await listLetters(world.database, ANY, 1_000);
    expect(all.filter(({ messageId }) => messageId === id)).toEqual([letter]);
  });

  it('that was held until its lease was known is a letter when that lease does not own its time', async () => {
    const late = newLease(camera, 1);
    const fact = lineCrossed(late, 1, T + 5);
    await publish(world.bus, fact);
    await vi.waitFor(async () => {
      expect(await world.rows('select 1 from held_facts where fact_id = ?', fact.id)).toHaveLength(1);
    });
    await publish(world.bus, leaseStarted(late, T - 1_000));
    expect(await letterOf(fact.id)).toMatchObject({ reason: 'fenced', subject: crossing() });
  });

  it('never stops the projector, whatever its bytes, subject and id are', async () => {
    const sign = (): string => String.fromCodePoint(0x21 + Math.floor(Math.random() * 0x5e)).replace('.', '_');
    const text = (length: number): string => Array.from({ length }, sign).join('');
    const near = JSON.stringify(lineCrossed(lease, 1, T));
    for (let i = 0; i < 200; i += 1) {
      const at = Math.floor(Math.random() * near.length);
      const broken = Buffer.from(
        near.slice(0, at) + ['\0', '"', '1e999', '\\ud800', '\\u0000'][i % 5] + near.slice(at + 1),
      );
      const subject = i % 3 === 0 ? crossing() : `footfall.fact.camera.${text(3)}.${text(5)}.v1`;
      await world.bus.publishFact(subject, `${text(8)}.${String(i)}`, i % 2 === 0 ? broken : randomBytes(40));
    }
    await nextGoodFactIsStored(2);
  });
});

describe('replay', () => {
  it('stores a fact that has become acceptable once, however often it is replayed', async () => {
    await world.rows("alter table counting_results add constraint not_yet check (model <> 'tomorrow')");
    const fact = { ...lineCrossed(lease, 1, T + 1), model: 'tomorrow' };
    await publish(world.bus, fact);
    const { id, reason, detail } = await letterOf(fact.id);
    expect({ reason, detail }).toMatchObject({
      reason: 'unstorable',
      detail: expect.stringMatching(/not_yet/) as string,
    });
    await world.rows('alter table counting_results drop constraint not_yet');
    expect(await replayed(id)).toEqual({ outcome: 'stored' });
    expect(await replayed(id)).toEqual({ outcome: 'stored' });
    await nextGoodFactIsStored(2);
    expect(await world.accepted(camera)).toEqual([fact.id, lineCrossed(lease, 2, T).id]);
    expect((await letterById(world.database, id)).letter).toMatchObject({
      fate: 'replayed',
      decidedBy: 'Ada',
      decidedAtMs: T,
      replayOutcome: 'stored',
    });
    expect(await world.watermark(lease)).toMatchObject({ n: 2 });
  });

  it('of what is still bad tells of a new letter, which knows where it comes from', async () => {
    const messageId = `${camera}.${lease.leaseId}.1`;
    await world.bus.publishFact(crossing(), messageId, Buffer.from('nonsense'));
    const first = await letterOf(messageId);
    const again = await replayed(first.id);
    expect(again).toMatchObject({
      outcome: 'refused',
      letter: { reason: 'not-json', replayOf: first.id, fate: 'waiting' },
    });
    const second = again.outcome === 'refused' ? again.letter : first;
    expect(second.id).not.toBe(first.id);
    expect(await replayed(second.id)).toMatchObject({ outcome: 'refused', letter: { replayOf: second.id } });
    expect((await letterById(world.database, first.id)).letter).toMatchObject({ replayOutcome: 'refused' });
    await expect(discardLetter(world.database, first.id, 'Ada', T)).rejects.toMatchObject({
      code: 'dead-letter.conflict',
    });
    // Its place in the outbox stays its own.
    expect(await world.rejected(camera)).toEqual({ [messageId]: 'invalid' });
  });

  it('is told how it ended also when the projector is faster than the one who replays', async () => {
    await world.bus.publishFact(crossing(), `fast.${camera}`, Buffer.from('nonsense'));
    const { id } = await letterOf(`fast.${camera}`);
    const slow = {
      async publishFact(...message: Parameters<Bus['publishFact']>) {
        await world.bus.publishFact(...message);
        await new Promise((resolve) => setTimeout(resolve, 300));
      },
    };
    expect(await replayed(id, slow)).toMatchObject({ outcome: 'refused' });
  });

  it('says that a fact waits for its lease', async () => {
    const unknown = newLease(camera, 3);
    const fact = { ...lineCrossed(unknown, 1, T + 1), model: 'tomorrow' };
    await world.bus.publishFact(subjectOf('line-crossed.v9')(), fact.id, encode(fact));
    const { id } = await letterOf(fact.id);
    await world.rows('update dead_letters set subject = ? where id = ?', crossing(), id);
    expect(await replayed(id)).toEqual({ outcome: 'held' });
  });

  it('changes nothing when the broker is away, and is refused for what was discarded or not kept whole', async () => {
    await world.bus.publishFact(crossing(), `short.${camera}`, Buffer.from('nonsense'));
    await world.bus.publishFact(crossing(), `long.${camera}`, Buffer.alloc(MAX_FACT_BYTES + 1, 'x'));
    const [short, long] = [await letterOf(`short.${camera}`), await letterOf(`long.${camera}`)];
    const away = { publishFact: () => Promise.reject(new Error('away')) };
    await expect(replayLetter(world.database, away, short.id, 'Ada', T)).rejects.toThrow('away');
    expect((await letterById(world.database, short.id)).letter).toEqual(short);
    await discardLetter(world.database, short.id, 'Ada', T + 7);
    expect((await letterById(world.database, short.id)).letter).toMatchObject({
      fate: 'discarded',
      decidedBy: 'Ada',
      decidedAtMs: T + 7,
    });
    for (const { id } of [short, long]) {
      await expect(replayed(id)).rejects.toMatchObject({ code: 'dead-letter.conflict' });
    }
    await expect(discardLetter(world.database, 'f'.repeat(24), 'Ada', T)).rejects.toMatchObject({
      code: 'dead-letter.not-found',
    });
    await expect(replayLetter(world.database, world.bus, long.id, ' ', T)).rejects.toMatchObject({
      code: 'input.invalid',
    });
  });
});

describe('letters that nobody decided about', () => {
  it('go when they are too old or too many, the oldest first, and not before their copy is made', async () => {
    await world.rows('delete from dead_letters');
    const ids: string[] = [];
    for (const n of [1, 2, 3, 4]) {
      await world.bus.publishFact(crossing(), `${camera}.${String(n)}`, Buffer.from(String(n)));
      ids.push((await letterOf(`${camera}.${String(n)}`)).id);
    }
    const left = async (): Promise<string[]> =>
      (await listLetters(world.database, ANY, 10)).map(({ id }) => id).reverse();
    await vi.waitFor(async () => {
      expect(await world.rows('select 1 from dead_letters where copied_at is null')).toEqual([]);
    });
    await forgetLetters(world.database, silentLog, Date.now());
    expect(await left()).toEqual(ids);
    await forgetLetters(world.database, silentLog, Date.now(), 3);
    expect(await left()).toEqual(ids.slice(1));
    const age = (days: number, id = ''): Promise<unknown> =>
      world.rows(
        'update dead_letters set rejected_at = ?, copied_at = null where id = ?',
        new Date(Date.now() - days * DAY_MS),
        id,
      );
    await age(31, ids[1]);
    await age(29, ids[2]);
    await forgetLetters(world.database, silentLog, Date.now());
    expect(await left()).toEqual(ids.slice(1));
    await world.rows('update dead_letters set copied_at = now()');
    await forgetLetters(world.database, silentLog, Date.now());
    expect(await left()).toEqual(ids.slice(2));
  });
});

describe('the list of letters', () => {
  it('is newest first, by reason and fate, in pages, and counts what waits', async () => {
    await world.rows('delete from dead_letters');
    for (const n of [1, 2, 3])
      await world.bus.publishFact(crossing(), `${camera}.${String(n)}`, Buffer.from(String(n)));
    await world.bus.publishFact(crossing(), `${camera}.4`, Buffer.from('{'));
    await letterOf(`${camera}.4`);
    expect(await waitingLetters(world.database)).toEqual([
      { reason: 'invalid', letters: 3 },
      { reason: 'not-json', letters: 1 },
    ]);
    const invalid = await listLetters(world.database, { reason: 'invalid', fate: 'waiting' }, 10);
    expect(invalid).toHaveLength(3);
    const [newest, ...older] = invalid;
    expect(await listLetters(world.database, { reason: 'invalid', fate: null }, 2, newest?.id)).toEqual(older);
    await discardLetter(world.database, newest?.id ?? '', 'Ada', T);
    expect(await listLetters(world.database, { reason: null, fate: 'discarded' }, 10)).toHaveLength(1);
    expect(await waitingLetters(world.database)).toContainEqual({ reason: 'invalid', letters: 2 });
  });

  it('holds no letter of what is as it should be', async () => {
    await world.rows('delete from dead_letters');
    await nextGoodFactIsStored(1);
    await publish(world.bus, leaseStarted(newLease(camera, 3), T + 500));
    await vi.waitFor(async () => {
      expect(await world.rejected(camera)).toEqual({ [lineCrossed(lease, 1, T).id]: 'voided' });
    });
    expect(await listLetters(world.database, ANY, 10)).toEqual([]);
    expect(subjects.deadLetter(null)).not.toBe(subjects.deadLetter('none'));
  });
});
