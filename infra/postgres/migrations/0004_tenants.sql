-- What is settled for a tenant; a column that is null follows the default of the running version.
create table tenant (
  name text primary key,
  weight float8 check (weight > 0),
  max_in_flight_count float8 check (max_in_flight_count >= 1),
  rate_per_second float8 check (rate_per_second > 0),
  burst_count float8 check (burst_count >= 1),
  picture_ttl_ms float8 check (picture_ttl_ms >= 0),
  result_ttl_ms float8 check (result_ttl_ms >= 0),
  changed_at timestamptz not null default now()
);
