-- One row a job: the promise. Ids are UUIDv7, so rows of one day lie together.
create table job (
  id uuid primary key,
  tenant text not null,
  task text not null,
  lane text not null check (lane in ('interactive', 'bulk')),
  state text not null default 'queued'
    check (state in ('queued', 'running', 'succeeded', 'failed', 'canceled', 'expired')),
  attempt integer not null default 0,
  -- workers that went away while they held the job
  lost_count integer not null default 0,
  input jsonb not null,
  result jsonb,
  error jsonb,
  models jsonb not null default '[]',
  timings jsonb not null default '{}',
  idempotency_key text,
  fingerprint text not null,
  created_at timestamptz not null default now(),
  deadline timestamptz not null,
  -- when the job last became queued
  queued_at timestamptz not null default now(),
  -- when the broker confirmed its message; null = not known to be in the broker
  published_at timestamptz,
  started_at timestamptz,
  finished_at timestamptz,
  erased_at timestamptz,
  leased_by text,
  leased_until timestamptz
);

create unique index job_idempotency_key on job (tenant, idempotency_key) where idempotency_key is not null;
-- What the reconciler and the deadline sweep look for; both stay as small as the open work.
create index job_unpublished on job (queued_at) where state = 'queued' and published_at is null;
create index job_open on job (deadline) where state in ('queued', 'running');
