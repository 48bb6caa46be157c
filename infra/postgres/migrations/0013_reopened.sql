-- A job that was given up and is opened again by a person has its attempts anew. They go on counting: each one is the
-- token by which a worker's outcome is told from that of a worker which came back from the dead.
alter table job add column attempts_before integer not null default 0;
