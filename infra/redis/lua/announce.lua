-- ARGV: now, pool, worker, slots, bulk slots, rate per second, then the jobs in hand
-- Answers: messages whose turn it is
local pool, worker, slots = ARGV[2], ARGV[3], tonumber(ARGV[4])
if slots > 0 then
  local told = table.concat({ ARGV[4], ARGV[5], ARGV[6], text(now + WORKER_MS) }, '|')
  redis.call('HSET', key('workers', pool), worker, told)
else
  redis.call('HDEL', key('workers', pool), worker)
end
sum_up(pool)
for i = 7, #ARGV do
  local lane = redis.call('HGET', key('job', ARGV[i]), 'l')
  if lane then send_out(ARGV[i], pool, lane) end
end
observe(pool, 0)
local answers = {}
fill(pool, answers)
return answers
