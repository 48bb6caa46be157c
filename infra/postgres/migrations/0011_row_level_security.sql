-- Tenants are kept apart by the database too: a statement on behalf of one reaches that tenant's rows only, also one that
-- forgets to ask for them. `muster.tenant` is set on every connection; `*` is the system. The settings are read once a
-- statement: inside a sub-select they are no part of the test of each row.

-- Superusers pass every policy, so their connections go on as this role. A login that may not make roles is none, and is
-- held as it is: the policies are forced on the owner of the tables.
do $$
begin
  if (select rolsuper or rolcreaterole from pg_roles where rolname = current_user) then
    begin
      create role muster_app nologin;
    exception when duplicate_object or unique_violation then null; -- another database of this server has made it
    end;
    if not (select rolsuper from pg_roles where rolname = current_user) then
      execute format('grant muster_app to %I', current_user);
    end if;
    execute format('grant usage on schema %I to muster_app', current_schema());
    execute format('grant select, insert, update, delete on all tables in schema %I to muster_app', current_schema());
    execute format('grant usage on all sequences in schema %I to muster_app', current_schema());
    -- What later migrations make.
    execute format('alter default privileges in schema %I grant select, insert, update, delete on tables to muster_app', current_schema());
    execute format('alter default privileges in schema %I grant usage on sequences to muster_app', current_schema());
  end if;
end
$$;

-- A later migration that makes a table with a tenant calls this for it.
create function keep_tenants_apart(target regclass, tenant_column text default 'tenant') returns void language plpgsql as $$
declare
  test text := format(
    '%I = (select current_setting(''muster.tenant'', true)) or (select current_setting(''muster.tenant'', true)) = ''*''',
    tenant_column);
begin
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format('create policy keep_tenants_apart on %s using (%s) with check (%s)', target, test, test);
end
$$;

select keep_tenants_apart(c.oid::regclass, a.attname)
  from pg_class c join pg_attribute a on a.attrelid = c.oid
 where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
   and not a.attisdropped and a.attname = case c.relname when 'tenant' then 'name' else 'tenant' end;
