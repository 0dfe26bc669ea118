import { Migration } from '@mikro-orm/migrations';

export class DeadLetters extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}

const STATEMENTS = [
  // Refused messages as they came, until somebody decides about them or they are too old.
  `create table dead_letters (
    id text primary key,
    reason text not null,
    detail text not null,
    rejected_at timestamptz not null,
    camera text,
    subject text not null,
    message_id text,
    size_bytes integer not null,
    body bytea not null,
    is_whole boolean not null,
    replay_of text,
    fate text not null default 'waiting' check (fate in ('waiting', 'replayed', 'discarded')),
    decided_by text,
    decided_at timestamptz,
    -- Of the last replay. Outcome null: the projector has not got to it yet.
    replay text,
    replay_outcome text check (replay_outcome in ('stored', 'held', 'refused')),
    -- Null: not in the dead-letter stream yet.
    copied_at timestamptz,
    check ((fate = 'waiting') = (decided_by is null) and (decided_by is null) = (decided_at is null)),
    check ((fate = 'replayed') = (replay is not null))
  )`,
  `create index dead_letters_at on dead_letters (rejected_at desc, id desc)`,
  `create index dead_letters_waiting on dead_letters (reason) where fate = 'waiting'`,
  `create index dead_letters_uncopied on dead_letters (rejected_at) where copied_at is null`,
  `create index dead_letters_replay_of on dead_letters (replay_of) where replay_of is not null`,
];
