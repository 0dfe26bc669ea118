import { existsSync, renameSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { AppError } from '#protocol/errors.ts';

/** A fact without its number: the store gives it the lease's next one, in the transaction that keeps it. */
export interface Unnumbered {
  readonly leaseId: string;
  readonly camera: string;
  readonly subject: string;
  /** JSON object without `id` and `n`. */
  readonly body: string;
  /** 0 for the lease's own LeaseStarted, null for the lease's next number. */
  readonly n: 0 | null;
}

export interface DueFact {
  readonly seq: number;
  readonly id: string;
  readonly subject: string;
  /** The whole fact as JSON. */
  readonly json: string;
  /** How often it was acknowledged so far. */
  readonly sent: number;
}

export interface Settled {
  readonly leaseId: string;
  readonly n: number;
  readonly started: boolean;
}

const SQLITE_IOERR = 10;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_NOTADB = 26;

/**
 * The file in which facts wait until the database has them. Synchronous: it lives in a thread of its own. WAL; what it
 * accepts is on the disk (synchronous=FULL), its book-keeping may be lost in a power cut, which costs only a repeat.
 */
export class OutboxStore {
  readonly #db: DatabaseSync;
  readonly #statements: Record<'insert' | 'lastN' | 'raise' | 'due' | 'sent' | 'settle' | 'settleStart', StatementSync>;

  constructor(file: string) {
    this.#db = open(file);
    const prepare = (sql: string): StatementSync => this.#db.prepare(sql);
    this.#statements = {
      insert: prepare('insert or ignore into facts (lease_id, n, camera, subject, body) values (?, ?, ?, ?, ?)'),
      lastN: prepare('select last_n from leases where lease_id = ?'),
      raise: prepare(
        'insert into leases (lease_id, last_n) values (?, ?) on conflict (lease_id) do update set last_n = excluded.last_n',
      ),
      due: prepare(
        `select seq, lease_id, n, camera, subject, body, sent from facts
         where due_at <= ? and seq not in (select value from json_each(?)) order by due_at, seq limit ?`,
      ),
      sent: prepare('update facts set sent = sent + 1, due_at = ? where seq = ?'),
      settle: prepare('delete from facts where lease_id = ? and n between 1 and ?'),
      settleStart: prepare('delete from facts where lease_id = ? and n = 0'),
    };
    // Whether the server still has what it acknowledged to an earlier process is unknown: everything is due again.
    this.#db.exec('update facts set due_at = 0, sent = 0');
    this.#db.exec('delete from leases where lease_id not in (select lease_id from facts)');
  }

  /** All or none. Returns each fact's number. Throws disk.full or storage.unavailable; then nothing was taken. */
  append(facts: readonly Unnumbered[]): number[] {
    return this.#transaction('FULL', () =>
      facts.map((fact) => {
        const n = fact.n ?? this.#nextN(fact.leaseId);
        this.#statements.insert.run(fact.leaseId, n, fact.camera, fact.subject, fact.body);
        return n;
      }),
    );
  }

  /** Facts to publish now, oldest first, without those under way. */
  due(nowMs: number, underWay: readonly number[], limit: number): DueFact[] {
    const rows = this.#statements.due.all(nowMs, JSON.stringify(underWay), limit);
    return rows.map((row) => {
      const n = Number(row['n']);
      const id = `${String(row['camera'])}.${String(row['lease_id'])}.${String(n)}`;
      const json = JSON.stringify({ ...(JSON.parse(String(row['body'])) as object), id, n });
      return { seq: Number(row['seq']), id, subject: String(row['subject']), json, sent: Number(row['sent']) };
    });
  }

  /** Acknowledged by the server: due again at that time unless settled before. */
  sent(facts: readonly { readonly seq: number; readonly dueAtMs: number }[]): void {
    this.#transaction('NORMAL', () => {
      for (const { seq, dueAtMs } of facts) this.#statements.sent.run(dueAtMs, seq);
    });
  }

  /** The server was away and may have lost what it had: nothing waits longer than until then. */
  hasten(dueAtMs: number): void {
    this.#transaction('NORMAL', () => {
      this.#db.prepare('update facts set due_at = ?, sent = 0 where due_at > ?').run(dueAtMs, dueAtMs);
    });
  }

  settle(watermarks: readonly Settled[]): void {
    this.#transaction('NORMAL', () => {
      for (const { leaseId, n, started } of watermarks) {
        this.#statements.settle.run(leaseId, n);
        if (started) this.#statements.settleStart.run(leaseId);
      }
    });
  }

  leases(): string[] {
    return this.#db
      .prepare('select distinct lease_id from facts')
      .all()
      .map((row) => String(row['lease_id']));
  }

  unsettled(): number {
    return Number(this.#db.prepare('select count(*) as n from facts').get()?.['n']);
  }

  close(): void {
    this.#db.close();
  }

  #nextN(leaseId: string): number {
    const n = Number(this.#statements.lastN.get(leaseId)?.['last_n'] ?? 0) + 1;
    this.#statements.raise.run(leaseId, n);
    return n;
  }

  #transaction<T>(synchronous: 'FULL' | 'NORMAL', work: () => T): T {
    try {
      this.#db.exec(`PRAGMA synchronous = ${synchronous}; BEGIN IMMEDIATE`);
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      // SQLite may have rolled back by itself.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw translated(error);
    }
  }
}

/** A file that is no database any more is set aside, never deleted: what is in it was counted. */
function open(file: string): DatabaseSync {
  try {
    return prepared(file);
  } catch (error) {
    const code = sqliteCode(error);
    if (code !== SQLITE_CORRUPT && code !== SQLITE_NOTADB) throw translated(error);
    for (const suffix of ['', '-wal', '-shm']) {
      if (existsSync(file + suffix)) renameSync(file + suffix, `${file}.damaged-${String(Date.now())}${suffix}`);
    }
    return prepared(file);
  }
}

function prepared(file: string): DatabaseSync {
  const db = new DatabaseSync(file);
  try {
    db.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA busy_timeout = 5000;
      PRAGMA journal_size_limit = 8388608;
      create table if not exists facts (
        seq integer primary key autoincrement,
        lease_id text not null,
        n integer not null,
        camera text not null,
        subject text not null,
        body text not null,
        sent integer not null default 0,
        due_at real not null default 0,
        unique (lease_id, n)
      );
      create index if not exists facts_due on facts (due_at, seq);
      create table if not exists leases (lease_id text primary key, last_n integer not null);
    `);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** The primary result code; extended codes carry more in their upper bits. */
function sqliteCode(error: unknown): number | null {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode & 0xff
    : null;
}

function translated(error: unknown): AppError {
  const code = sqliteCode(error);
  const message = error instanceof Error ? error.message : String(error);
  if (code === SQLITE_FULL || code === SQLITE_IOERR) {
    return new AppError('disk.full', `the outbox cannot be written (${message}): free some space on its disk`, {
      cause: error,
    });
  }
  return new AppError('storage.unavailable', `the outbox failed: ${message}`, { cause: error });
}
