-- What a result was decided with beside its models. Rows of before, and those of older workers, tell none.
alter table job add column threshold_set text;

-- What stands behind that short name, kept as long as somebody may ask.
create table threshold_set (
  digest text primary key,
  task text not null,
  thresholds jsonb not null,
  first_seen_at timestamptz not null default now()
);

-- Candidates on their way to the fleet. The number is what people name one by, so it is short.
create table rollout (
  id bigint generated always as identity primary key,
  task text not null,
  role text not null,
  model text,
  thresholds jsonb not null,
  mode text not null check (mode in ('shadow', 'canary')),
  share float8 not null check (share >= 0 and share <= 1),
  tenants text[] not null,
  limits jsonb not null,
  state text not null default 'active' check (state in ('active', 'promoted', 'taken-back', 'ended')),
  reason text not null,
  started_by text not null,
  started_at timestamptz not null default clock_timestamp(),
  changed_at timestamptz,
  changed_by text,
  change_reason text
);
-- One at a time: with two, nobody could say which of them a difference comes from.
create unique index rollout_in_force on rollout (task) where state in ('active', 'promoted');

-- Counts and sums by minute; the minute -infinity is the whole rollout.
create table rollout_count (
  rollout_id bigint not null references rollout (id) on delete cascade,
  arm text not null check (arm in ('base', 'candidate')),
  minute timestamptz not null,
  jobs bigint not null,
  errors bigint not null,
  positives bigint not null,
  scored bigint not null,
  score_sum float8 not null,
  compared bigint not null,
  flips bigint not null,
  shifted bigint not null,
  shift_sum float8 not null,
  shift_abs_sum float8 not null,
  dropped bigint not null,
  latency bigint[] not null,
  primary key (rollout_id, arm, minute)
);
create index rollout_count_age on rollout_count (minute);

-- How each worker gets on with the candidate. The name stays the same when the process is started again: who has it
-- loaded and is gone without a word may have died of it.
create table rollout_worker (
  rollout_id bigint not null references rollout (id) on delete cascade,
  worker text not null,
  state text not null check (state in ('loading', 'ready', 'is-base', 'failed', 'put-aside', 'left')),
  lost_count integer not null default 0,
  error text,
  seen_at timestamptz not null default now(),
  primary key (rollout_id, worker)
);
