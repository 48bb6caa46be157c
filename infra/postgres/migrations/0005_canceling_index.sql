-- outside a transaction
-- What the reconciler ends when a worker does not. Never holds more than the jobs of this moment.
drop index concurrently if exists job_canceling;
create index concurrently job_canceling on job (deadline) where state = 'canceling';
