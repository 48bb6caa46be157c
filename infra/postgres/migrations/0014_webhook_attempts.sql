-- What became of each call, one row a call, kept as long as its delivery. Never a word of what a receiver answered.
create table webhook_attempt (
  seq bigint generated always as identity,
  delivery uuid not null references webhook_delivery on delete cascade,
  tenant text not null,
  -- its number; begins anew when the delivery is sent again
  attempt integer not null,
  at timestamptz not null,
  status integer,
  error text,
  duration_ms integer not null,
  primary key (delivery, seq)
);
select keep_tenants_apart('webhook_attempt');

-- What an event that is about no job is about: an endpoint that was disabled, and why. Its tenant is told to operators only.
alter table webhook_delivery
  add column about_endpoint uuid,
  add column about_reason text,
  add column about_tenant text;
