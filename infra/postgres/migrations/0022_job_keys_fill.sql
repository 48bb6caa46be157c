-- outside a transaction
-- The keys of older jobs. Those that came since the trigger is there have theirs; nobody waits meanwhile.
insert into job_key (tenant, idempotency_key, job_id)
select tenant, idempotency_key, id from job where idempotency_key is not null
    on conflict do nothing;
