-- outside a transaction
-- Whoever reads wants one pool. The key begins with the time, for those who take away what is old, and would read all pools.
drop index concurrently if exists pool_minute_of_pool;
create index concurrently pool_minute_of_pool on pool_minute (pool, at);
-- What is not one row a minute yet: as a rule the last hour, of eight days.
drop index concurrently if exists pool_minute_in_shards;
create index concurrently pool_minute_in_shards on pool_minute (at) where shard > 0;

-- Each report changes this instant, and with it had to change every index of the row. A row a process is soon read without one.
drop index concurrently if exists minute_source_age;
drop index concurrently if exists usage_source_age;
drop index concurrently if exists drift_source_age;
