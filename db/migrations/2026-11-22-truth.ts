import { Migration } from '@mikro-orm/migrations';

export class TruthTables extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}

const STATEMENTS = [
  `create table truth_clips (
    id text primary key,
    camera text not null references cameras (id),
    name text not null,
    from_at timestamptz not null,
    until_at timestamptz not null,
    lines jsonb not null,
    revision bigint not null check (revision >= 1),
    created_by text not null,
    created_at timestamptz not null,
    deleted_by text,
    deleted_at timestamptz,
    check (until_at > from_at),
    check ((deleted_by is null) = (deleted_at is null))
  )`,
  `create index truth_clips_camera on truth_clips (camera, from_at desc)`,
  `create table truth_events (
    truth text not null references truth_clips (id),
    event integer not null check (event >= 1),
    line text not null,
    direction text not null check (direction in ('in', 'out')),
    happened_at timestamptz not null,
    tolerance_ms integer not null check (tolerance_ms >= 1),
    marked_in bigint not null,
    marked_by text not null,
    marked_at timestamptz not null,
    -- A mark taken away stays readable in earlier revisions.
    removed_in bigint check (removed_in > marked_in),
    removed_by text,
    removed_at timestamptz,
    primary key (truth, event),
    check ((removed_in is null) = (removed_by is null) and (removed_in is null) = (removed_at is null))
  )`,
];
