-- contract: 0.2.0
-- What cuts the jobs into days, makes the days to come and drops those that are over. Ids are UUIDv7: the first 48 bits are
-- their time, so a day is a range of ids, and a job is found by its id in one partition. These run with the rights of whoever
-- migrates: an api may not change tables, and need not.

-- The least id of an instant.
create function job_id_at(at timestamptz) returns uuid language sql immutable strict parallel safe as $$
  select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

-- The day that began so many days from now, in UTC.
create function job_day(ahead integer) returns timestamptz language sql stable strict as $$
  select (date_trunc('day', now() at time zone 'utc') + ahead * interval '1 day') at time zone 'utc'
$$;

-- Partitions that cover a range, with their ends; the one for all other ids has none.
create function job_days() returns table (name text, first_id uuid, end_id uuid) language sql stable as $$
  select c.relname::text,
         substring(pg_get_expr(c.relpartbound, c.oid) from $re$FROM \('([0-9a-f-]{36})'\)$re$)::uuid,
         substring(pg_get_expr(c.relpartbound, c.oid) from $re$TO \('([0-9a-f-]{36})'\)$re$)::uuid
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
   where i.inhparent = to_regclass('job') and pg_get_expr(c.relpartbound, c.oid) <> 'DEFAULT'
$$;

-- A partition is also spoken to by its own name: it has the policies and the rights of the whole.
create function keep_job_rights(target regclass, source regclass) returns void language plpgsql as $$
declare
  granted record;
begin
  if not exists (select from pg_policy where polrelid = target) then
    perform keep_tenants_apart(target);
  end if;
  for granted in
    select a.privilege_type, a.grantee from pg_class c, aclexplode(c.relacl) a
     where c.oid = source and a.grantee <> c.relowner and a.grantee <> 0
  loop
    execute format('grant %s on %s to %s', granted.privilege_type, target, granted.grantee::regrole);
  end loop;
end
$$;

-- Days that are not there yet, until so many days from now. What lies among all other ids and belongs to one of them, for
-- example from an api whose clock is ahead, moves over.
create function make_job_days(ahead integer) returns setof text
  language plpgsql security definer set search_path from current set lock_timeout = '300ms' as $$
declare
  cut_until uuid := (select d.end_id from job_days() d where d.first_id is null);
  day integer;
  day_name text;
  first_id uuid;
  end_id uuid;
begin
  if not pg_try_advisory_xact_lock(7351204412) then
    return;
  end if;
  for day in 0 .. least(ahead, 60) loop
    day_name := 'job_' || to_char(job_day(day) at time zone 'utc', 'YYYYMMDD');
    first_id := job_id_at(job_day(day));
    end_id := job_id_at(job_day(day + 1));
    continue when first_id < cut_until or to_regclass(day_name) is not null;
    execute format('create table %I (like job including all)', day_name);
    perform keep_job_rights(day_name::regclass, 'job');
    if exists (select from job_default j where j.id >= first_id and j.id < end_id) then
      lock table job_default in access exclusive mode;
      execute format('with moved as (delete from job_default where id >= %L and id < %L returning *)
                      insert into %I select * from moved', first_id, end_id, day_name);
    end if;
    execute format('alter table job attach partition %I for values from (%L) to (%L)', day_name, first_id, end_id);
    return next day_name;
  end loop;
end
$$;

-- Why a day must stay; null = nothing of it is needed any more. Each question is answered by an index that holds what is
-- open, so that it costs the same however many jobs the day had.
create function job_day_needed(day_name text) returns text language plpgsql stable as $$
declare
  day record;
  answer text;
begin
  select * into day from job_days() d where d.name = day_name;
  if day is null then
    return 'missing';
  end if;
  execute format($sql$
    select case when exists (select from %1$I where state in ('queued', 'running')) then 'open'
                when exists (select from %1$I where state = 'canceling') then 'open'
                when exists (select from %1$I where on_hold) then 'held'
                when exists (select from %1$I where due_at is not null) then 'kept' end $sql$, day_name) into answer;
  if answer is null and exists (select from job_key k where k.job_id < day.end_id
                                   and k.job_id >= coalesce(day.first_id, '00000000-0000-0000-0000-000000000000')) then
    answer := 'keyed';
  end if;
  return answer;
end
$$;

-- Takes a day out of the jobs, unless something of it is needed. Asked again under the lock: a row may have come meanwhile,
-- from a clock that is far behind. Nobody waits for it longer than lock_timeout.
create function detach_job_day(day_name text) returns text
  language plpgsql security definer set search_path from current set lock_timeout = '200ms' as $$
declare
  answer text := job_day_needed(day_name);
begin
  if answer is not null then
    return answer;
  end if;
  lock table only job in access exclusive mode;
  execute format('lock table %I in access exclusive mode', day_name);
  answer := job_day_needed(day_name);
  if answer is null then
    execute format('alter table job detach partition %I', day_name);
    -- Its name tells that it is no part of the jobs: whoever finds it may drop it.
    execute format('alter table %I rename to %I', day_name, day_name || '_over');
  end if;
  return answer;
end
$$;

-- Drops the days that were taken out. In a transaction of its own: nothing that is busy is locked while files go.
create function drop_job_days() returns setof text
  language plpgsql security definer set search_path from current set lock_timeout = '200ms' as $$
declare
  day_name text;
begin
  if not pg_try_advisory_xact_lock(7351204413) then
    return;
  end if;
  for day_name in
    select c.relname from pg_class c
     where c.relnamespace = (select p.relnamespace from pg_class p where p.oid = 'job'::regclass)
       and c.relkind = 'r' and not c.relispartition and c.relname ~ '^job_(before|\d{8})_over$'
  loop
    execute format('drop table %I', day_name);
    return next day_name;
  end loop;
end
$$;

-- Three steps; each may be run again. First: no row may come behind the place where the table will be cut, three days from
-- now. Were it left at that, the api takes it back in time (take_back_job_cut).
create function prepare_job_cut() returns void language plpgsql set lock_timeout = '300ms' as $$
begin
  if (select relkind = 'p' from pg_class where oid = 'job'::regclass) then
    return;
  end if;
  alter table job drop constraint if exists job_cut;
  -- Without rows there is nothing to prove. With rows behind the place the cut has to read the table itself.
  if not exists (select from job) or exists (select from job where id >= job_id_at(job_day(3))) then
    return;
  end if;
  execute format('alter table job add constraint job_cut check (id < %L) not valid', job_id_at(job_day(3)));
  execute format('comment on constraint job_cut on job is %L', job_day(3));
end
$$;

create function take_back_job_cut() returns void
  language plpgsql security definer set search_path from current set lock_timeout = '300ms' as $$
begin
  if exists (select from pg_constraint where conrelid = 'job'::regclass and conname = 'job_cut'
                                         and obj_description(oid, 'pg_constraint')::timestamptz < now() + interval '1 day') then
    alter table job drop constraint job_cut;
  end if;
end
$$;

-- Second: read all rows, beside the traffic, so that the third step need not.
create function prove_job_cut() returns void language plpgsql set lock_timeout = '300ms' as $$
declare
  rule text;
begin
  for rule in select conname from pg_constraint where conrelid = 'job'::regclass and contype = 'c' and not convalidated loop
    execute format('alter table job validate constraint %I', rule);
  end loop;
end
$$;

-- Third: what was the table is its first partition.
create function cut_jobs() returns void language plpgsql set lock_timeout = '300ms' as $$
declare
  cut_at timestamptz;
  made text[];
  triggers text[];
  one record;
  statement text;
begin
  if (select relkind = 'p' from pg_class where oid = 'job'::regclass) then
    return;
  end if;
  lock table job in access exclusive mode;
  select obj_description(oid, 'pg_constraint')::timestamptz into cut_at
    from pg_constraint where conrelid = 'job'::regclass and conname = 'job_cut' and convalidated;
  if cut_at is null then
    cut_at := job_day(case when exists (select from job) then 1 else 0 end);
  end if;
  -- One key of a tenant: from now on only by the table of keys.
  drop index job_idempotency_key;
  select array_agg(pg_get_triggerdef(oid)) into triggers from pg_trigger where tgrelid = 'job'::regclass and not tgisinternal;
  for one in select tgname from pg_trigger where tgrelid = 'job'::regclass and not tgisinternal loop
    execute format('drop trigger %I on job', one.tgname);
  end loop;
  select array_agg(pg_get_indexdef(indexrelid)) into made
    from pg_index where indrelid = 'job'::regclass and not indisprimary and indisvalid;
  for one in select c.relname from pg_index i join pg_class c on c.oid = i.indexrelid where i.indrelid = 'job'::regclass loop
    execute format('alter index %I rename to %I', one.relname, left(one.relname, 56) || '_before');
  end loop;
  alter table job rename to job_before;
  create table job (like job_before including defaults including constraints including storage including comments)
    partition by range (id);
  alter table job drop constraint if exists job_cut;
  alter table job add primary key (id);
  foreach statement in array made loop
    execute statement;
  end loop;
  perform keep_job_rights('job', 'job_before');
  create table job_default partition of job default;
  perform keep_job_rights('job_default', 'job');
  -- None where the rule was proved. Before there are triggers: these rows are no new ones.
  with moved as (delete from job_before where id >= job_id_at(cut_at) returning *) insert into job_default select * from moved;
  execute format('alter table job attach partition job_before for values from (minvalue) to (%L)', job_id_at(cut_at));
  alter table job_before drop constraint if exists job_cut;
  foreach statement in array triggers loop
    execute statement;
  end loop;
  -- What may be done on behalf of an api, and by whom: by whoever may add jobs.
  foreach statement in array array['make_job_days(integer)', 'detach_job_day(text)', 'drop_job_days()', 'take_back_job_cut()'] loop
    execute format('revoke all on function %s from public', statement);
    for one in
      select a.grantee::regrole as name from pg_class c, aclexplode(c.relacl) a
       where c.oid = 'job'::regclass and a.privilege_type = 'INSERT' and a.grantee <> 0
    loop
      execute format('grant execute on function %s to %s', statement, one.name);
    end loop;
  end loop;
end
$$;
