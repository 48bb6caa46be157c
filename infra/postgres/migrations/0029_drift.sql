-- How outcomes are distributed, by the hour: counts over many jobs, nothing about one of them. Every job is in one row by
-- its tenant and in one by its SDK, never in one by both.
create table drift_hour (
  hour timestamptz not null,
  task text not null,
  -- every model that decided, `name@version` joined by commas; '' = none did
  model text not null,
  -- '' = of all tenants: the row is by SDK
  tenant text not null,
  -- '' = of all SDKs: the row is by tenant
  sdk text not null,
  -- by `signal/bin`
  counts jsonb not null,
  primary key (task, hour, model, tenant, sdk)
);
create index drift_hour_age on drift_hour (hour);
select keep_tenants_apart('drift_hour');

-- The last report of each worker process: one that comes again was counted already.
create table drift_source (
  source text primary key,
  number bigint not null,
  told_at timestamptz not null default now()
);
create index drift_source_age on drift_source (told_at);

-- What a person wants the present compared with.
create table drift_reference (
  task text primary key,
  from_at timestamptz not null,
  until_at timestamptz not null,
  reason text not null,
  set_by text not null,
  set_at timestamptz not null default clock_timestamp()
);

-- The last evaluation, one row. It names tenants, so it is the system's only: no tenant has this name.
create table drift_evaluation (
  tenant text primary key default '' check (tenant = ''),
  evaluation jsonb not null
);
select keep_tenants_apart('drift_evaluation');
