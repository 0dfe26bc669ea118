import { Migration } from '@mikro-orm/migrations';

export class Zones extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}

const PROVENANCE = `
    fact_id text not null,
    camera text not null,
    worker text not null,
    lease_id text not null,
    epoch bigint not null,
    n bigint not null,
    stored_at timestamptz not null default now()`;

const STATEMENTS = [
  // Null: the counter's own choice.
  `alter table zones
    add column anchor text,
    add column is_queue boolean,
    add column min_stay_ms double precision,
    add column over_people integer,
    add column under_people integer,
    add column hold_ms double precision`,
  // Facts of every type may wait for their lease.
  'alter table held_facts rename column crossed_at to happened_at',
  `create table zone_visits (${PROVENANCE},
    run bigint not null,
    track bigint not null,
    zone text not null,
    entered_at timestamptz not null,
    left_at timestamptz not null,
    appeared boolean not null,
    lost boolean not null,
    confidence double precision not null,
    model text not null,
    camera_revision bigint not null,
    unique (left_at, fact_id)
  ) partition by range (left_at)`,
  'create index zone_visits_zone on zone_visits (camera, zone, left_at)',
  'create table zone_visits_strays partition of zone_visits default',
  `create table zone_minutes (${PROVENANCE},
    zone text not null,
    from_at timestamptz not null,
    until_at timestamptz not null,
    observed_ms double precision not null,
    people_min integer not null,
    people_max integer not null,
    people_mean double precision not null,
    people integer not null,
    entries integer not null,
    exits integer not null,
    dwell_mean_ms double precision,
    wait_ms double precision,
    camera_revision bigint not null,
    unique (until_at, fact_id)
  ) partition by range (until_at)`,
  'create index zone_minutes_zone on zone_minutes (camera, zone, until_at)',
  'create table zone_minutes_strays partition of zone_minutes default',
  `create table zone_alarms (${PROVENANCE},
    zone text not null,
    threshold text not null check (threshold in ('over', 'under')),
    "limit" integer not null,
    people integer not null,
    is_beyond boolean not null,
    since_at timestamptz not null,
    crossed_at timestamptz not null,
    camera_revision bigint not null,
    primary key (fact_id)
  )`,
  'create index zone_alarms_zone on zone_alarms (camera, zone, crossed_at)',
  `create table camera_minutes (${PROVENANCE},
    from_at timestamptz not null,
    until_at timestamptz not null,
    frames integer not null,
    fps_wanted double precision not null,
    fps_reached double precision not null,
    confidence double precision,
    dropped_decoding bigint not null,
    dropped_waiting bigint not null,
    failed bigint not null,
    degraded_ms double precision not null,
    tracks_at_lines bigint,
    crossings bigint,
    model text,
    camera_revision bigint not null,
    unique (until_at, fact_id)
  ) partition by range (until_at)`,
  'create index camera_minutes_camera on camera_minutes (camera, until_at)',
  'create table camera_minutes_strays partition of camera_minutes default',
];
