import { Migration } from '@mikro-orm/migrations';

export class AiModels extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}

const STATEMENTS = [
  `create table ai_models (
    name text not null,
    sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
    version text not null,
    format text not null,
    width_px integer not null,
    height_px integer not null,
    size_bytes bigint not null,
    licence text not null,
    source text,
    ap50 double precision check (ap50 between 0 and 1),
    measured_on text,
    is_active boolean not null,
    added_at timestamptz not null,
    primary key (name, sha256),
    unique (name, version)
  )`,
  `create unique index ai_models_active on ai_models (is_active) where is_active`,
];
