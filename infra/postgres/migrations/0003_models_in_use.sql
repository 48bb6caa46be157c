-- Which models decide which task now: every worker says so while it runs.
create table model_in_use (
  task text not null,
  digest text not null,
  name text not null,
  version text not null,
  seen_at timestamptz not null default now(),
  primary key (task, digest)
);
