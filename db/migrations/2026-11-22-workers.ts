import { Migration } from '@mikro-orm/migrations';

export class Workers extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}

const STATEMENTS = [
  `create table workers (
    id text primary key,
    host text not null,
    version text,
    capacity double precision not null,
    cores double precision,
    inferences_per_second double precision,
    addresses jsonb not null,
    groups jsonb not null,
    boot_id text not null,
    started_at timestamptz,
    first_seen_at timestamptz not null,
    last_seen_at timestamptz not null,
    cordoned boolean not null default false,
    drained boolean not null default false,
    ordered_at timestamptz
  )`,
];
