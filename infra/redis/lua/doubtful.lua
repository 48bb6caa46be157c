-- ARGV: now, how many at most
-- Answers: jobs nobody has looked at for a while
local doubt = prefix .. 'doubt'
local ids = redis.call('ZRANGEBYSCORE', doubt, '-inf', now, 'LIMIT', 0, ARGV[2])
for _, id in ipairs(ids) do redis.call('ZADD', doubt, text(now + DOUBT_MS), id) end
return ids
