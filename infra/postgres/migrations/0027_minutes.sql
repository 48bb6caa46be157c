-- What happened in a pool, by the minute: sums of what all processes tell. Processes that tell at once write rows of different
-- shards; housekeeping makes one row of them, in shard 0, and later one of ten minutes.
create table pool_minute (
  at timestamptz not null,
  pool text not null,
  -- what was added up: a hop, a way to be answered, ...
  series text not null,
  shard smallint not null,
  count bigint not null,
  total float8 not null,
  most float8 not null,
  -- of durations: how many are within each of the bounds the code has, and beyond the last
  b0 integer,
  b1 integer,
  b2 integer,
  b3 integer,
  b4 integer,
  b5 integer,
  b6 integer,
  b7 integer,
  b8 integer,
  b9 integer,
  b10 integer,
  b11 integer,
  b12 integer,
  b13 integer,
  b14 integer,
  b15 integer,
  b16 integer,
  b17 integer,
  b18 integer,
  b19 integer,
  b20 integer,
  b21 integer,
  b22 integer,
  b23 integer,
  b24 integer,
  b25 integer,
  b26 integer,
  b27 integer,
  primary key (at, pool, series, shard)
) with (fillfactor = 70);

-- The last report of each process: one that comes again was counted already.
create table minute_source (
  source text primary key,
  number bigint not null,
  told_at timestamptz not null default now()
);
create index minute_source_age on minute_source (told_at);
