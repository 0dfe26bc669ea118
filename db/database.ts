import { ConstraintViolationException, ServerException } from '@mikro-orm/core';
import { Migrator } from '@mikro-orm/migrations';
import { MikroORM, type EntityManager } from '@mikro-orm/postgresql';
import { AppError } from '#protocol/errors.ts';
import type { Log } from '#ops/runtime/log.ts';
import { CameraEntity, LineEntity, ZoneEntity } from './entities/camera.entity.ts';
import {
  BaselineEntity,
  CameraCountsEntity,
  CameraEventEntity,
  CountingResultEntity,
  LeaseEntity,
  NearMissEntity,
  RejectedMessageEntity,
} from './entities/fact.entity.ts';
import { DeadLetterEntity } from './entities/dead-letter.entity.ts';
import { AreaBaselineEntity, AreaEntity, DoorEntity, SiteEntity } from './entities/site.entity.ts';
import { AiModelEntity } from './entities/model.entity.ts';
import { TruthClipEntity, TruthEventEntity } from './entities/truth.entity.ts';
import { WorkerEntity } from './entities/worker.entity.ts';
import { migrations } from './migrations/list.ts';

const CONNECT_LIMIT_MS = 5_000;
const QUERY_LIMIT_MS = 30_000;

/** A client of the pool, as far as `listen` needs it. */
interface NativeClient {
  query(text: string): Promise<unknown>;
  on(event: 'notification' | 'error' | 'end', listener: () => void): void;
  release(destroy: boolean): void;
}

/** PostgreSQL behind MikroORM. Every failure is an AppError: `storage.unavailable` when trying again may help. */
export class Database {
  readonly orm: MikroORM;
  readonly log: Log;

  constructor(orm: MikroORM, log: Log) {
    this.orm = orm;
    this.log = log;
  }

  /** Runs with an entity manager of its own. */
  async read<T>(work: (em: EntityManager) => Promise<T>): Promise<T> {
    try {
      return await work(this.orm.em.fork());
    } catch (error) {
      throw translated(error);
    }
  }

  /** The same in one transaction. */
  write<T>(work: (em: EntityManager) => Promise<T>): Promise<T> {
    return this.read((em) => em.transactional((inner) => work(inner)));
  }

  /** Takes a connection out of the pool and calls back on each NOTIFY; resolves when that connection is lost or aborted. */
  async listen(channel: string, signal: AbortSignal, onNotify: () => void): Promise<void> {
    let client: NativeClient;
    try {
      const pool = (await this.orm.driver.getConnection().getNativeClient()) as { connect(): Promise<NativeClient> };
      client = await pool.connect();
    } catch (error) {
      throw translated(error);
    }
    try {
      await new Promise<void>((resolve, reject) => {
        client.on('notification', onNotify);
        client.on('error', resolve);
        client.on('end', resolve);
        signal.addEventListener('abort', () => {
          resolve();
        });
        client.query(`listen ${channel}`).then(onNotify, reject);
      });
    } catch (error) {
      throw translated(error);
    } finally {
      client.release(true);
    }
  }

  close(): Promise<void> {
    return this.orm.close(true);
  }
}

/** Opens lazily: the first query connects. The address carries the password, so it goes to the driver and nowhere else. */
export async function openDatabase(url: string, log: Log): Promise<Database> {
  const orm = await MikroORM.init({
    clientUrl: url,
    entities: [
      ...[CameraEntity, LineEntity, ZoneEntity, AiModelEntity, CountingResultEntity, NearMissEntity, CameraEventEntity],
      ...[RejectedMessageEntity, LeaseEntity, BaselineEntity, CameraCountsEntity],
      ...[SiteEntity, AreaEntity, DoorEntity, AreaBaselineEntity],
      ...[TruthClipEntity, TruthEventEntity, DeadLetterEntity, WorkerEntity],
    ],
    extensions: [Migrator],
    migrations: {
      migrationsList: migrations,
      tableName: 'migrations',
      snapshot: false,
      disableForeignKeys: false,
    },
    pool: { min: 0, max: 8 },
    driverOptions: {
      application_name: 'footfall',
      connectionTimeoutMillis: CONNECT_LIMIT_MS,
      query_timeout: QUERY_LIMIT_MS,
      keepAlive: true,
    },
    ensureDatabase: false,
    metadataCache: { enabled: false },
    logger: (message) => {
      const fields = { database: message.slice(0, 500) };
      if (message.startsWith('[migrator]')) log.debug(fields, 'migrating');
      else log.warn(fields, 'the database driver reported something');
    },
    colors: false,
  });
  return new Database(orm, log);
}

/** The SQLSTATE, or Node's code for a socket error; null when the failure is not the server's or the network's. */
function failureCode(error: unknown): string | null {
  for (let e = error; e instanceof Error; e = e.cause) {
    if ('code' in e && typeof e.code === 'string') return e.code;
  }
  return null;
}

/** Class 22 (data exception) and 23 (constraint): this row is at fault, not the server, and it will fail again. */
export function isRowAtFault(error: unknown): boolean {
  const cause = error instanceof AppError ? error.cause : error;
  return /^(22|23)[0-9A-Z]{3}$/.test(failureCode(cause) ?? '');
}

function translated(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const code = failureCode(error);
  const ours =
    error instanceof ConstraintViolationException ||
    isRowAtFault(error) ||
    (error instanceof ServerException && code?.startsWith('42') === true);
  if (ours) return new AppError('internal', `the database refused: ${message}`, { cause: error });
  return new AppError('storage.unavailable', `the database cannot be used now (${code ?? message})`, { cause: error });
}
