-- A running job that is canceled is `canceling` until its worker has let go of it.
alter table job add column canceling_at timestamptz;
alter table job drop constraint job_state_check;
-- Not validated: every older row passed the narrower check, and to read them all again would hold up a big table.
alter table job add constraint job_state_check
  check (state in ('queued', 'running', 'canceling', 'succeeded', 'failed', 'canceled', 'expired')) not valid;
