-- The trail of sensitive actions: rows are added, never changed; each carries the hash of the one before it.
create table audit_entry (
  -- counts without a gap: from the head below, not from a sequence, which loses numbers
  seq bigint primary key,
  at timestamptz not null,
  actor text not null,
  channel text not null check (channel in ('api', 'cli', 'slack', 'system')),
  action text not null,
  tenant text,
  target text not null,
  details jsonb not null default '{}',
  request_id text,
  previous_hash text not null,
  hash text not null
);
create index audit_entry_tenant on audit_entry (tenant, seq);
create index audit_entry_action on audit_entry (action, seq);

-- The last entry, told twice: a tail that is cut off shows.
create table audit_head (
  only_row boolean primary key default true check (only_row),
  seq bigint not null,
  hash text not null
);
insert into audit_head (seq, hash) values (0, repeat('0', 64));

create function refuse_audit_change() returns trigger language plpgsql as $$
begin
  raise exception 'the audit trail is append-only' using errcode = 'insufficient_privilege';
end
$$;
create trigger audit_entry_stays before update or delete or truncate on audit_entry
  for each statement execute function refuse_audit_change();
create trigger audit_head_stays before delete or truncate on audit_head
  for each statement execute function refuse_audit_change();
create trigger audit_head_grows before update on audit_head
  for each row when (new.seq <= old.seq) execute function refuse_audit_change();

-- Each body is the canonical JSON of one event, which is part of what is hashed. The row of the head is the lock: writers
-- take turns, so there is one chain. Tested against the same formula in infra/runtime/audit-chain.ts.
create function append_audit(bodies text[]) returns table (seq bigint, hash text) language plpgsql as $$
declare
  body text;
  event jsonb;
  previous text;
  at_now timestamptz;
begin
  select h.seq, h.hash into seq, hash from audit_head h for update;
  foreach body in array bodies loop
    event := body::jsonb;
    previous := hash;
    seq := seq + 1;
    at_now := date_trunc('milliseconds', clock_timestamp());
    hash := encode(sha256(convert_to(
      previous || E'\n' || seq || E'\n' || (extract(epoch from at_now) * 1000)::bigint || E'\n' || body, 'UTF8')), 'hex');
    insert into audit_entry (seq, at, actor, channel, action, tenant, target, details, request_id, previous_hash, hash)
    values (append_audit.seq, at_now, event->>'actor', event->>'channel', event->>'action', event->>'tenant',
            event->>'target', event->'details', event->>'requestId', previous, append_audit.hash);
  end loop;
  update audit_head h set seq = append_audit.seq, hash = append_audit.hash where h.seq < append_audit.seq;
  return next;
end
$$;

select keep_tenants_apart('audit_entry');

do $$
begin
  if exists (select 1 from pg_roles where rolname = 'muster_app') then
    revoke update, delete on audit_entry from muster_app;
    revoke insert, delete on audit_head from muster_app;
  end if;
end
$$;
