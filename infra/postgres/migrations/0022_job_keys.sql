-- Which job an idempotency key stands for. A table of its own: the jobs are cut into days, and a key must be the only one
-- of its tenant over all of them.
create table job_key (
  tenant text not null,
  idempotency_key text not null,
  job_id uuid not null,
  primary key (tenant, idempotency_key)
);
-- Ids begin with their time: the oldest keys are forgotten first, and a day is looked at before it is dropped.
create index job_key_age on job_key (job_id);
select keep_tenants_apart('job_key');

-- Whoever inserts a job says that its key is in the table already. Releases before 0.2.0 know nothing of it.
alter table job add column keyed boolean not null default false;

-- For those: the key is taken before the row is there, in the order in which newer ones do it, so that the two never wait
-- for each other. A row whose key is another's is left out, which is what such a release expects of its own index.
create function take_job_key() returns trigger language plpgsql as $$
begin
  insert into job_key (tenant, idempotency_key, job_id) values (new.tenant, new.idempotency_key, new.id)
      on conflict do nothing;
  if not found then
    return null;
  end if;
  return new;
end
$$;

create trigger take_job_key before insert on job for each row
  when (new.idempotency_key is not null and not new.keyed)
  execute function take_job_key();
