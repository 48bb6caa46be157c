-- What workers were busy with, by the hour, long after the jobs themselves are gone.
create table usage_hour (
  hour timestamptz not null,
  pool text not null,
  tenant text not null,
  task text not null,
  -- every model that decided, `name@version` joined by commas; '' = none did
  model text not null,
  run_count bigint not null,
  busy_ms float8 not null,
  primary key (hour, pool, tenant, task, model)
);
select keep_tenants_apart('usage_hour');

-- How long workers were there, busy or not.
create table worker_hour (
  hour timestamptz not null,
  pool text not null,
  present_ms float8 not null,
  primary key (hour, pool)
);

-- The last report of each worker process: one that comes again was counted already.
create table usage_source (
  source text primary key,
  number bigint not null,
  told_at timestamptz not null default now()
);
create index usage_source_age on usage_source (told_at);

-- How long nodes had a place, as the looks of the autoscaler saw them. The zone '' = the fleet has none.
create table node_hour (
  hour timestamptz not null,
  pool text not null,
  zone text not null,
  node_ms float8 not null,
  -- of the hour, so much was looked at
  observed_ms float8 not null,
  -- most nodes of the pool at once, in all zones
  pool_peak_count integer not null,
  -- null = it could not be seen
  workers_per_node integer,
  primary key (hour, pool, zone)
);
create index node_hour_pool on node_hour (pool, hour);
