-- outside a transaction
-- contract: 0.2.0
-- The jobs are cut into days. The first and the last step lock the table for moments; the second reads it, beside the traffic.
select prepare_job_cut();
select prove_job_cut();
select cut_jobs();
-- Not under the lock: what comes before they are there lies among all other ids, and moves over.
select make_job_days(3);
