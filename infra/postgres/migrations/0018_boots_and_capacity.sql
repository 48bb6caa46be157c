-- How worker processes came up. With the instant a node was asked for this is how long a boot takes.
create table worker_start (
  worker_id text primary key,
  pool text not null,
  started_at timestamptz not null,
  ready_at timestamptz,
  first_job_at timestamptz,
  device text
);
create index worker_start_pool on worker_start (pool, started_at);

-- What one node was seen to do within the objective.
create table capacity_measurement (
  id bigint generated always as identity primary key,
  pool text not null,
  models text not null,
  device text not null,
  workers_per_node integer not null,
  checks_per_second double precision not null,
  p95_ms double precision not null,
  slo_ms double precision not null,
  measured_at timestamptz not null default now()
);
create index capacity_measurement_pool on capacity_measurement (pool, measured_at, id);
