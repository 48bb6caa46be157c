-- Node supervisors, as they tell of themselves every ten seconds. A row each, and no history: the newest word is all of it.
create table fleet_node (
  id uuid primary key,
  name text not null check (length(name) <= 200),
  zone text check (length(zone) <= 100),
  pools text[] not null,
  version text not null,
  state text not null,
  workers jsonb not null,
  more_workers integer not null default 0,
  devices jsonb not null,
  load jsonb,
  started_at timestamptz not null default now(),
  seen_at timestamptz not null default now()
) with (fillfactor = 50);
create index fleet_node_name on fleet_node (name);

-- Machines that are to do no work for a while. Who wished it and why is in the audit trail too, for good.
create table node_drain (
  node text primary key check (length(node) <= 200),
  reason text not null,
  actor text not null,
  since timestamptz not null default now(),
  until timestamptz not null
);
