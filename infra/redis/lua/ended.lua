-- ARGV: now, then two a job: id, 1 where a model worked on it
-- Answers: messages whose turn it is
local answers, pools = {}, {}
for i = 2, #ARGV, 2 do
  local id = ARGV[i]
  local job = redis.call('HMGET', key('job', id), 't', 'p', 'l', 's')
  if job[1] then
    local tenant, pool, lane, state = job[1], job[2], job[3], job[4]
    if state == 'o' then redis.call('ZREM', key('out', pool, lane), id) else leave_line(id, tenant, pool, lane) end
    forget(id, tenant)
    pools[pool] = (pools[pool] or 0) + (ARGV[i + 1] == '1' and 1 or 0)
  else
    redis.call('ZREM', prefix .. 'doubt', id)
  end
end
for pool, served in pairs(pools) do
  observe(pool, served)
  fill(pool, answers)
end
return answers
