import type { CountedFact } from '#protocol/facts.ts';

/** An instant comes as epoch ms and is kept in microseconds, the finest that PostgreSQL has. */
type ColumnType = 'text' | 'bigint' | 'integer' | 'double precision' | 'boolean' | 'jsonb' | 'instant';

interface TableOf<F> {
  readonly table: string;
  /** The field that `instantOf` gives. */
  readonly instant: keyof F & string;
  /** A partition for each day. */
  readonly isDaily: boolean;
  readonly columns: Readonly<Record<Exclude<keyof F, 'type'>, ColumnType>>;
}

const provenance = {
  id: 'text',
  camera: 'text',
  worker: 'text',
  leaseId: 'text',
  epoch: 'bigint',
  n: 'bigint',
} as const;

/** Where each type of counted fact is kept, field by field. */
const TABLES: { readonly [T in CountedFact['type']]: TableOf<Extract<CountedFact, { type: T }>> } = {
  LineCrossed: {
    table: 'counting_results',
    instant: 'crossedAtMs',
    isDaily: true,
    columns: {
      ...provenance,
      run: 'bigint',
      track: 'bigint',
      line: 'text',
      direction: 'text',
      crossedAtMs: 'instant',
      confidence: 'double precision',
      detections: 'bigint',
      boxHeightFrac: 'double precision',
      path: 'jsonb',
      processingMs: 'double precision',
      model: 'text',
      cameraRevision: 'bigint',
      degraded: 'boolean',
      clockUncertaintyMs: 'double precision',
      why: 'jsonb',
    },
  },
  ZoneLeft: {
    table: 'zone_visits',
    instant: 'leftAtMs',
    isDaily: true,
    columns: {
      ...provenance,
      run: 'bigint',
      track: 'bigint',
      zone: 'text',
      enteredAtMs: 'instant',
      leftAtMs: 'instant',
      appeared: 'boolean',
      lost: 'boolean',
      confidence: 'double precision',
      model: 'text',
      cameraRevision: 'bigint',
    },
  },
  ZoneThresholdCrossed: {
    table: 'zone_alarms',
    instant: 'crossedAtMs',
    isDaily: false,
    columns: {
      ...provenance,
      zone: 'text',
      threshold: 'text',
      limit: 'integer',
      people: 'integer',
      isBeyond: 'boolean',
      sinceMs: 'instant',
      crossedAtMs: 'instant',
      cameraRevision: 'bigint',
    },
  },
  ZoneMeasured: {
    table: 'zone_minutes',
    instant: 'untilMs',
    isDaily: true,
    columns: {
      ...provenance,
      zone: 'text',
      fromMs: 'instant',
      untilMs: 'instant',
      observedMs: 'double precision',
      peopleMin: 'integer',
      peopleMax: 'integer',
      peopleMean: 'double precision',
      people: 'integer',
      entries: 'integer',
      exits: 'integer',
      dwellMeanMs: 'double precision',
      waitMs: 'double precision',
      cameraRevision: 'bigint',
    },
  },
  CameraMeasured: {
    table: 'camera_minutes',
    instant: 'untilMs',
    isDaily: true,
    columns: {
      ...provenance,
      fromMs: 'instant',
      untilMs: 'instant',
      frames: 'integer',
      fpsWanted: 'double precision',
      fpsReached: 'double precision',
      confidence: 'double precision',
      droppedDecoding: 'bigint',
      droppedWaiting: 'bigint',
      failed: 'bigint',
      degradedMs: 'double precision',
      tracksAtLines: 'bigint',
      crossings: 'bigint',
      model: 'text',
      cameraRevision: 'bigint',
    },
  },
};

export interface FactTable {
  readonly type: CountedFact['type'];
  readonly table: string;
  readonly isDaily: boolean;
  /** Column of the instant that decides whose fact it is. */
  readonly at: string;
  /** Takes a JSON array of facts; returns `factId` and `atMs` of those that were not there yet. */
  readonly insertSql: string;
}

export const FACT_TABLES: readonly FactTable[] = Object.entries(TABLES).map(
  ([type, { table, instant, isDaily, columns }]) => ({
    type: type as CountedFact['type'],
    table,
    isDaily,
    at: columnOf(instant, 'instant'),
    insertSql: insertSql(table, columnOf(instant, 'instant'), Object.entries(columns)),
  }),
);

function insertSql(table: string, at: string, columns: readonly (readonly [string, ColumnType])[]): string {
  const names = columns.map(([key, type]) => `"${columnOf(key, type)}"`);
  const values = columns.map(([key, type]) => (type === 'instant' ? `to_timestamp(f."${key}" / 1000)` : `f."${key}"`));
  const fields = columns.map(([key, type]) => `"${key}" ${type === 'instant' ? 'double precision' : type}`);
  return `insert into ${table} (${names.join(', ')})
    select ${values.join(', ')} from jsonb_to_recordset(?::jsonb) as f(${fields.join(', ')})
    on conflict do nothing
    returning fact_id as "factId", (extract(epoch from ${at}) * 1000)::double precision as "atMs"`;
}

/** `crossedAtMs` is kept in crossed_at, `untilMs` in until_at, `boxHeightFrac` in box_height_frac. */
function columnOf(key: string, type: ColumnType): string {
  if (key === 'id') return 'fact_id';
  const name = type === 'instant' ? `${key.replace(/(At)?Ms$/, '')}At` : key;
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
