import { Migration } from '@mikro-orm/migrations';

/** Raw SQL: partitions are beyond the schema builder, which would propose to rebuild a partitioned table on each change. */
export class FirstTables extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}

const STATEMENTS = [
  `create table cameras (
    id text primary key,
    name text not null,
    revision bigint not null check (revision >= 1),
    enabled boolean not null,
    deleted_at timestamptz,
    main_url text not null check (main_url !~ '^[a-z]+://[^/]*@'),
    sub_url text check (sub_url !~ '^[a-z]+://[^/]*@'),
    sealed_credentials text,
    model text,
    analysis_fps double precision not null,
    position integer not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
  )`,
  `create table lines (
    camera text not null references cameras (id),
    id text not null,
    name text not null,
    p1 jsonb not null,
    p2 jsonb not null,
    anchor text not null,
    position integer not null,
    primary key (camera, id)
  )`,
  `create table zones (
    camera text not null references cameras (id),
    id text not null,
    name text not null,
    polygon jsonb not null,
    position integer not null,
    primary key (camera, id)
  )`,
  `create table leases (
    lease_id text primary key,
    camera text not null,
    worker text not null,
    epoch bigint not null,
    counts_from timestamptz,
    watermark bigint not null default 0,
    seen_at timestamptz not null default now()
  )`,
  `create index leases_owner on leases (camera, epoch desc, lease_id collate "C" desc)`,
  // Settled facts that came before a smaller n of their lease; empty most of the time.
  `create table settled_ahead (
    lease_id text not null,
    n bigint not null,
    primary key (lease_id, n)
  )`,
  `create table counting_results (
    crossed_at timestamptz not null,
    fact_id text not null,
    camera text not null,
    line text not null,
    direction text not null check (direction in ('in', 'out')),
    worker text not null,
    lease_id text not null,
    epoch bigint not null,
    n bigint not null,
    run bigint not null,
    track bigint not null,
    confidence double precision not null,
    detections bigint not null,
    box_height_frac double precision not null,
    path jsonb not null,
    processing_ms double precision not null,
    model text not null,
    camera_revision bigint not null,
    clock_uncertainty_ms double precision,
    stored_at timestamptz not null default now(),
    unique (crossed_at, fact_id)
  ) partition by range (crossed_at)`,
  `create index counting_results_camera on counting_results (camera, crossed_at)`,
  `create table counting_results_strays partition of counting_results default`,
  // Facts whose LeaseStarted has not arrived yet.
  `create table held_facts (
    fact_id text primary key,
    camera text not null,
    lease_id text not null,
    crossed_at timestamptz not null,
    fact jsonb not null,
    held_at timestamptz not null default now()
  )`,
  `create index held_facts_lease on held_facts (lease_id)`,
  `create table camera_events (
    fact_id text primary key,
    camera text not null,
    happened_at timestamptz not null,
    state text not null,
    reason text not null,
    code text,
    run bigint not null,
    worker text not null,
    lease_id text not null,
    stored_at timestamptz not null default now()
  )`,
  `create index camera_events_camera on camera_events (camera, happened_at desc)`,
  `create table rejected_messages (
    key text primary key,
    reason text not null check (reason in ('fenced', 'voided', 'invalid')),
    camera text,
    lease_id text,
    subject text not null,
    detail text not null,
    payload text not null,
    rejected_at timestamptz not null default now()
  )`,
  `create index rejected_messages_at on rejected_messages (rejected_at desc)`,
  `create table baselines (
    camera text not null,
    at timestamptz not null,
    occupancy integer not null check (occupancy >= 0),
    note text not null default '',
    primary key (camera, at)
  )`,
  `create table camera_counts (
    camera text primary key,
    version bigint not null default 0,
    since_ms double precision not null,
    occupancy integer not null check (occupancy >= 0),
    drift_corrections integer not null,
    lines jsonb not null,
    updated_at timestamptz not null default now()
  )`,
];
