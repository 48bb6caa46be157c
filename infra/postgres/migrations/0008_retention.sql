-- When a job's pictures and its result must go, and under which reference a person can have it erased. The defaults hold
-- for older rows, and for those an older api inserts while this one is being rolled out.
alter table job
  add column keep boolean not null default true,
  add column pictures_until timestamptz not null default now() + interval '24 hours',
  add column results_until timestamptz not null default now() + interval '30 days',
  -- when the next thing of this row must go; null = nothing is left of it
  add column due_at timestamptz default now() + interval '24 hours',
  -- keys of pictures the row has forgotten, and that may still lie in storage; null = none
  add column pictures_left text[],
  add column pictures_erased_at timestamptz,
  -- SHA-256 of tenant and reference; the reference itself is not kept
  add column subject_sha256 text,
  add column erasure_id uuid;

update job set due_at = null where erased_at is not null;

create index job_due on job (due_at) where due_at is not null;
create index job_erased on job (erased_at) where erased_at is not null;
create index job_subject on job (tenant, subject_sha256) where subject_sha256 is not null;
-- What an erasure still waits for: as small as what is being erased now.
create index job_erasure on job (erasure_id) where erasure_id is not null and due_at is not null;

-- What is not to be kept goes when the job is over, whichever statement ends it.
create function forget_at_end() returns trigger language plpgsql as $$
begin
  new.pictures_until := least(new.pictures_until, new.finished_at);
  new.results_until := least(new.results_until, new.finished_at + interval '10 minutes');
  new.due_at := new.finished_at;
  return new;
end
$$;

create trigger forget_at_end before update on job for each row
  when (not new.keep and old.finished_at is null and new.finished_at is not null)
  execute function forget_at_end();

-- Erasures that were asked for, and their receipts. What was erased is known only as long as it is needed.
create table erasure (
  id uuid primary key,
  tenant text not null,
  job_id uuid,
  subject_sha256 text,
  requested_at timestamptz not null default now(),
  -- null = something may still be there
  completed_at timestamptz,
  job_count integer not null default 0,
  picture_count integer not null default 0,
  -- when housekeeping takes it up again; null = completed
  due_at timestamptz default now() + interval '30 seconds'
);
create unique index erasure_job on erasure (tenant, job_id) where job_id is not null;
create index erasure_due on erasure (due_at) where due_at is not null;
