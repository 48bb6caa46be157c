-- What callers asked for, by minute: each api process keeps its own totals here and says them again as they grow.
-- Several rows of a minute become one of source '' when it is closed.
create table demand (
  minute timestamptz not null,
  pool text not null,
  source text not null,
  offered_count integer not null,
  refused_count integer not null,
  primary key (minute, pool, source)
);

-- Who tells of demand, and when last: one that falls silent without leaving is missed.
create table demand_source (
  source text primary key,
  seen_at timestamptz not null default now(),
  -- its clock against this server's
  ahead_ms double precision not null
);

-- Minutes before this are closed. Its row is the lock between whoever adds up a minute and whoever still speaks of it.
create table demand_closed (
  only_row boolean primary key default true check (only_row),
  until timestamptz not null default '-infinity'
);
insert into demand_closed default values;
