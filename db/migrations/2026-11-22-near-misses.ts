import { Migration } from '@mikro-orm/migrations';

export class NearMisses extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}

const STATEMENTS = [
  // A sample of who nearly crossed and why that did not count.
  `create table near_misses (
    fact_id text primary key,
    camera text not null,
    line text not null,
    happened_at timestamptz not null,
    reason text not null,
    run bigint not null,
    track bigint not null,
    age_ms double precision not null,
    confidence double precision not null,
    detections bigint not null,
    box_height_frac double precision not null,
    path jsonb not null,
    model text not null,
    camera_revision bigint not null,
    worker text not null,
    lease_id text not null,
    stored_at timestamptz not null default now()
  )`,
  `create index near_misses_line on near_misses (camera, line, happened_at desc)`,
  // Null: counted by a worker that did not say why yet.
  `alter table counting_results add column why jsonb`,
  // Null: nobody who comes back is left out.
  `alter table lines add column reentry_ms double precision check (reentry_ms >= 0)`,
];
