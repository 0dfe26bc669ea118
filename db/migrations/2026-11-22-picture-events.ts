import { Migration } from '@mikro-orm/migrations';

export class PictureEvents extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}

const STATEMENTS = [
  // When a camera's picture began to have a problem, and when it no longer had.
  `create table picture_events (
    fact_id text primary key,
    camera text not null,
    problem text not null,
    is_present boolean not null,
    since_at timestamptz not null,
    happened_at timestamptz not null,
    run bigint not null,
    camera_revision bigint not null,
    worker text not null,
    lease_id text not null,
    stored_at timestamptz not null default now()
  )`,
  'create index picture_events_camera on picture_events (camera, since_at)',
];
