import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { encode } from '#protocol/codec.ts';
import { listLetters } from '#db/queries/dead-letters.ts';
import { leaseStarted, lineCrossed, newLease, publish } from '#ops/testkit/facts.ts';
import { openTestProjector, type TestProjector } from '#ops/testkit/projector.ts';
import { runDeadLetters } from './dead-letters.ts';

const T = Date.parse('2026-11-22T10:00:00Z');
const SUBJECT = 'footfall.fact.camera.hall.line-crossed.v1';
let world: TestProjector;
let folder: string;
let said: string;
let sent = 0;

beforeAll(async () => {
  world = await openTestProjector(T);
  folder = mkdtempSync(join(tmpdir(), 'footfall-dead-letters-'));
  const postgres = new URL(world.postgres.url);
  // As the launcher leaves it for the commands of its installation.
  writeFileSync(
    join(folder, 'ports.json'),
    JSON.stringify({ nats: portOf(world.nats.url), postgres: portOf(postgres.href) }),
  );
  mkdirSync(join(folder, 'secrets'));
  copyFileSync(world.nats.passwordFile, join(folder, 'secrets/nats.password'));
  writeFileSync(join(folder, 'secrets/postgres.password'), postgres.password);
});
afterAll(async () => {
  await world.close();
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  said = '';
  await world.rows('delete from dead_letters');
  vi.stubEnv('FOOTFALL_DATA', folder);
  vi.stubEnv('DATABASE_URL', '');
  vi.stubEnv('NATS_URL', '');
  const keep = (text: string | Uint8Array): boolean => {
    said += String(text);
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(keep);
  vi.spyOn(process.stderr, 'write').mockImplementation(keep);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

function portOf(url: string): number {
  return Number(new URL(url).port);
}

/** Its letter's id. */
async function refused(body: string, subject = SUBJECT): Promise<string> {
  const messageId = `message.${String((sent += 1))}`;
  await world.bus.publishFact(subject, messageId, Buffer.from(body));
  return vi.waitFor(async () => {
    const letters = await listLetters(world.database, { reason: null, fate: null }, 100);
    const letter = letters.find((one) => one.messageId === messageId);
    expect(letter).toBeDefined();
    return letter?.id ?? '';
  });
}

async function run(...args: string[]): Promise<number> {
  said = '';
  return runDeadLetters(args);
}

test('list shows what waits, by reason, and counts it', async () => {
  const broken = await refused('{"a":');
  const strange = await refused('{}', 'footfall.fact.camera.ha*l.line-crossed.v1');
  expect(await run('list')).toBe(0);
  expect(said).toMatch(new RegExp(`^${strange} .* bad-subject .* footfall.fact.camera.ha\\*l.line-crossed.v1$`, 'm'));
  expect(said).toMatch(new RegExp(`^${broken} .* not-json `, 'm'));
  expect(said).toContain('Waiting: 1 bad-subject, 1 not-json.');
  expect(await run('list', '--reason', 'not-json', '--json')).toBe(0);
  expect(JSON.parse(said)).toMatchObject({ letters: [{ id: broken, reason: 'not-json' }] });
  await expect(run('list', '--reason', 'ugly')).rejects.toThrow(/--reason must be one of bad-subject,/);
});

test('show tells a letter with its body and nothing that steers a terminal', async () => {
  const id = await refused('{"a":"\u001b[2J', 'footfall.fact.camera.\u001b.line-crossed.v1');
  expect(await run('show', id)).toBe(0);
  expect(said).toContain('bad-subject: its subject is not footfall.fact.camera.ID.WHAT.vN');
  expect(said).toContain('{"a":"\uFFFD[2J');
  expect(said).not.toContain('\u001b');
  await expect(run('show', 'f'.repeat(24))).rejects.toMatchObject({ code: 'dead-letter.not-found' });
  await expect(run('show', 'nothing')).rejects.toThrow(/24 hex digits/);
});

test('replay says what is stored now and what was refused again', async () => {
  const lease = newLease('hall');
  await publish(world.bus, leaseStarted(lease, T));
  const fact = lineCrossed(lease, 1, T + 1);
  const good = await refused(Buffer.from(encode(fact)).toString(), 'footfall.fact.camera.hall.line-crossed.v9');
  const bad = await refused('{"a":');
  // As if an update had brought what was missing.
  await world.rows('update dead_letters set subject = ? where id = ?', SUBJECT, good);
  expect(await run('replay', '--all', '--by', 'Ada')).toBe(1);
  expect(said).toContain(`${good}: taken now`);
  expect(said).toMatch(new RegExp(`^${bad}: refused again \\(not-json: .*\\), as letter [0-9a-f]{24}$`, 'm'));
  expect(await world.accepted('hall')).toEqual([fact.id]);
  expect(await run('replay', good, '--json')).toBe(0);
  expect(JSON.parse(said)).toEqual({ replayed: [{ id: good, result: { outcome: 'stored' } }] });
  expect(await world.accepted('hall')).toEqual([fact.id]);
  expect(await run('list', '--fate', 'replayed')).toBe(0);
  expect(said).toMatch(new RegExp(`^${bad} .* \\(replayed by Ada .*: refused\\)$`, 'm'));
});

test('discard takes one, or all of a reason, and leaves the others', async () => {
  const [one, two, three] = [await refused('{1'), await refused('{2'), await refused('{}', `${SUBJECT}.x`)];
  expect(await run('discard', one, '--by', 'Ada')).toBe(0);
  expect(said).toBe('1 letter discarded\n');
  expect(await run('discard', '--all', '--reason', 'not-json', '--json')).toBe(0);
  expect(JSON.parse(said)).toEqual({ discarded: [two] });
  expect(await run('list', '--json')).toBe(0);
  expect(JSON.parse(said)).toMatchObject({
    letters: [{ id: three }],
    waiting: [{ reason: 'bad-subject', letters: 1 }],
  });
});

test.each([[], ['burn'], ['show'], ['replay'], ['discard', 'a', '--all'], ['list', '--force'], ['show', 'a', 'b']])(
  'what makes no sense (%s %s %s) is answered with the usage and status 2',
  async (...args) => {
    expect(await run(...args.filter((arg) => arg !== undefined))).toBe(2);
    expect(said).toMatch(/^Usage: npm run footfall -- dead-letters/);
  },
);

test('says so where the product does not run', async () => {
  vi.stubEnv('FOOTFALL_DATA', join(folder, 'nowhere'));
  await expect(run('list')).rejects.toThrow(/the product does not run in .*nowhere/);
});
