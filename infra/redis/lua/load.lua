-- ARGV: now, pool
-- Answers: window, dispatched, held or reserved, rate per second
local pool = ARGV[2]
local room = capacity(pool)
local waiting = 0
for _, lane in ipairs({ 'interactive', 'bulk' }) do
  redis.call('ZREMRANGEBYSCORE', key('wait', pool, lane), '-inf', now)
  waiting = waiting + redis.call('ZCARD', key('wait', pool, lane))
end
return { room.total, out_count(pool, 'interactive') + out_count(pool, 'bulk'), waiting, text(room.rate) }
