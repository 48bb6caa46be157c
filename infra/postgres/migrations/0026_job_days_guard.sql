-- contract: 0.2.0
-- What makes and drops days runs with the rights of whoever migrates. It looks for tables where they were made and nowhere
-- else: a table of the caller's session by the same name would come first. And it sees the rows of every tenant, whoever
-- calls: an owner whose policies hide the open jobs from him would drop their day.
do $$
declare
  one record;
begin
  for one in
    select p.oid::regprocedure as name from pg_proc p
     where p.pronamespace = current_schema()::regnamespace and p.prosecdef
       and p.proname in ('make_job_days', 'detach_job_day', 'drop_job_days', 'take_back_job_cut')
  loop
    execute format('alter function %s set search_path = %I, pg_temp', one.name, current_schema());
    begin
      execute format('alter function %s set muster.tenant = %L', one.name, '*');
    exception when insufficient_privilege then
      -- Only a superuser may. An ordinary owner goes on by what his connection says, and Muster's own say every tenant.
      null;
    end;
  end loop;
end
$$;
