-- Who is called when a job is over. Secrets are texts that the api seals where it has a key for that.
create table webhook_endpoint (
  id uuid primary key default gen_random_uuid(),
  tenant text not null,
  url text not null,
  events text[] not null,
  description text not null default '',
  secret text not null,
  -- still signs beside the new one until then
  previous_secret text,
  previous_until timestamptz,
  disabled_at timestamptz,
  disabled_reason text check (disabled_reason in ('caller', 'failing', 'gone')),
  -- the first failure since the last success
  failing_since timestamptz,
  -- the receiver asked for a pause
  paused_until timestamptz,
  created_at timestamptz not null default now()
);
create index webhook_endpoint_tenant on webhook_endpoint (tenant);

-- Signs the calls to addresses that came with a single request.
create table webhook_secret (
  tenant text primary key,
  secret text not null,
  previous_secret text,
  previous_until timestamptz,
  created_at timestamptz not null default now()
);

-- The outbox and, afterwards, the log. No foreign keys: a job must end whatever became of the endpoint meanwhile.
create table webhook_delivery (
  id uuid primary key default gen_random_uuid(),
  seq bigint generated always as identity,
  tenant text not null,
  -- null = to the address that came with the request
  endpoint uuid,
  url text,
  -- what shares a limit of calls at once: the endpoint, or the tenant and the host of the address
  target text not null,
  job_id uuid,
  task text,
  type text not null,
  occurred_at timestamptz not null default now(),
  attempt integer not null default 0,
  -- null = over: delivered or given up
  next_at timestamptz default now(),
  leased_until timestamptz,
  last_at timestamptz,
  last_status integer,
  last_error text,
  last_body text,
  delivered_at timestamptz,
  given_up_at timestamptz
);
-- What is due, target by target; as small as what is not delivered yet.
create index webhook_delivery_due on webhook_delivery (target, next_at) where next_at is not null;
create index webhook_delivery_leased on webhook_delivery (leased_until) where leased_until is not null;
create index webhook_delivery_job on webhook_delivery (job_id);
create index webhook_delivery_endpoint on webhook_delivery (endpoint, seq);
create index webhook_delivery_tenant on webhook_delivery (tenant, seq);
create index webhook_delivery_age on webhook_delivery (occurred_at);

alter table job add column webhook_url text;

-- In the transaction that ends the job, whichever statement that is: no end without its calls, no call without its end.
-- An endpoint that was disabled because it failed goes on collecting, so that nothing is lost when it is enabled again.
create function enqueue_webhooks() returns trigger language plpgsql as $$
begin
  insert into webhook_delivery (tenant, endpoint, url, target, job_id, task, type)
  select new.tenant, e.id, null, e.id::text, new.id, new.task, 'check.' || new.state
    from webhook_endpoint e
   where e.tenant = new.tenant and (e.disabled_at is null or e.disabled_reason = 'failing')
     and ('check.' || new.state) = any(e.events)
  union all
  select new.tenant, null, new.webhook_url,
         new.tenant || ' ' || coalesce(substring(new.webhook_url from '://([^/?#]*)'), ''), new.id, new.task,
         'check.' || new.state
   where new.webhook_url is not null;
  return null;
end
$$;

create trigger enqueue_webhooks after update on job for each row
  when (old.state is distinct from new.state and new.state in ('succeeded', 'failed', 'canceled', 'expired'))
  execute function enqueue_webhooks();
