-- Who leads: one of several autoscalers decides. The row stays when nobody leads, so that a term is never given twice.
create table leader_lease (
  name text primary key,
  holder text not null,
  term bigint not null,
  until timestamptz not null
);

-- Every look at a pool. What is searched for has columns; all the rest of what led to it is told as it was.
create table decision (
  id uuid primary key default gen_random_uuid(),
  pool text not null,
  at timestamptz not null,
  from_count integer not null,
  to_count integer not null,
  outcome text not null,
  outcome_why text not null default '',
  term bigint not null,
  facts jsonb not null
);
create index decision_pool on decision (pool, at desc);
create index decision_at on decision (at);
create index decision_intended on decision (at) where outcome = 'intended';
create index decision_changes on decision (pool, at desc) where from_count <> to_count;

-- What the planner said at its last round, one row a pool.
create table plan (
  pool text primary key,
  at timestamptz not null,
  facts jsonb not null
);
