-- outside a transaction
-- Whose pictures no sweep may take, whatever their age.
drop index concurrently if exists job_on_hold;
create index concurrently job_on_hold on job (id) where on_hold;
