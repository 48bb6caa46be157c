-- What must not be deleted though its time is over or somebody asked for it: a job, or everything under a reference to a
-- person. A hold that was lifted is in the audit trail.
create table legal_hold (
  id uuid primary key,
  tenant text not null,
  job_id uuid,
  subject_sha256 text,
  reason text not null,
  placed_by text not null,
  placed_at timestamptz not null default now(),
  check ((job_id is null) <> (subject_sha256 is null))
);
create unique index legal_hold_job on legal_hold (tenant, job_id) where job_id is not null;
create unique index legal_hold_subject on legal_hold (tenant, subject_sha256) where subject_sha256 is not null;
select keep_tenants_apart('legal_hold');

-- Changed in the statement that places the hold: whoever deletes at that moment finds another row than the one he read.
-- Jobs that come under a held reference later have it by the table above.
alter table job add column on_hold boolean not null default false;
