import { Migration } from '@mikro-orm/migrations';

export class Sites extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}

const STATEMENTS = [
  `create table sites (
    id text primary key,
    revision bigint not null,
    time_zone text not null,
    baseline_at text check (baseline_at ~ '^\\d\\d:\\d\\d$'),
    -- Scheduled baselines up to here are made.
    baselined_until timestamptz not null,
    deleted_at timestamptz,
    created_at timestamptz not null
  )`,
  // The area with its site's id is the whole site.
  `create table areas (
    id text primary key,
    site text not null references sites (id),
    name text not null,
    capacity integer check (capacity >= 1),
    baseline_to integer not null check (baseline_to >= 0),
    deleted_at timestamptz,
    created_at timestamptz not null,
    version bigint not null default 0,
    occupancy integer not null default 0 check (occupancy >= 0),
    since timestamptz,
    -- What is folded from here on is out of date; null: nothing is.
    stale_from timestamptz
  )`,
  `create index areas_site on areas (site)`,
  `create index areas_stale on areas (id) where stale_from is not null`,
  // A change of a door ends its row and begins another: what was counted stays what it was.
  `create table doors (
    site text not null references sites (id),
    id text not null,
    since timestamptz not null,
    until timestamptz check (until >= since),
    name text not null,
    camera text not null references cameras (id),
    line text not null,
    from_area text references areas (id),
    to_area text references areas (id),
    twin jsonb,
    primary key (site, id, since),
    check (from_area is distinct from to_area)
  )`,
  `create unique index doors_line on doors (camera, line) where until is null`,
  // What a crossing does: the sign is that of 'in'. The whole site sees its outer doors only.
  `create view door_effects as
    select d.camera, d.line, d.since, d.until, e.area, e.sign
    from doors d cross join lateral (values
      (d.to_area, 1),
      (d.from_area, -1),
      (case when d.from_area is null then d.site end, 1),
      (case when d.to_area is null then d.site end, -1)
    ) e (area, sign)
    where e.area is not null`,
  `create table area_baselines (
    area text not null references areas (id),
    at timestamptz not null,
    occupancy integer not null check (occupancy >= 0),
    -- null: the schedule.
    author text,
    note text not null,
    made_at timestamptz not null default now(),
    primary key (area, at)
  )`,
  // Five minutes each, cut where a baseline falls into them; only those in which something happened.
  `create table area_periods (
    area text not null references areas (id),
    from_at timestamptz not null,
    -- The baseline it begins with.
    set_to integer,
    start integer not null check (start >= 0),
    entered integer not null,
    exited integer not null,
    low integer not null,
    high integer not null,
    peak integer not null,
    primary key (area, from_at)
  )`,
  `create table drift_corrections (
    area text not null references areas (id),
    at timestamptz not null,
    -- The crossing by which one more left than had been inside; empty for what a baseline found.
    fact_id text not null,
    amount integer not null check (amount <> 0),
    primary key (area, at, fact_id)
  )`,
];
