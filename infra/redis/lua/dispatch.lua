-- ARGV: now, then seven a job: id, tenant, pool, lane, weight, ms to its deadline, message
-- Answers: ids of these that go now, and messages whose turn it is
local mine, others, pools = {}, {}, {}

local function goes_at_once(pool, lane)
  if redis.call('EXISTS', key('turn', pool, lane)) == 1 then return false end
  local room = capacity(pool)
  local bulk = out_count(pool, 'bulk')
  if lane == 'bulk' and bulk >= room.bulk then return false end
  return out_count(pool, 'interactive') + bulk < room.total
end

local function hold(id, tenant, pool, lane, weight, ends, message)
  redis.call('HSET', key('job', id), 's', 'h', 'm', message)
  redis.call('ZADD', key('q', pool, lane, tenant), text(now), id)
  redis.call('ZADD', key('in', pool, lane), weight, tenant)
  redis.call('ZADD', key('wait', pool, lane), text(ends), id)
  for _, kind in ipairs({ 'in', 'wait', 'turn', 'past' }) do redis.call('PEXPIRE', key(kind, pool, lane), KEEP_MS) end
  redis.call('PEXPIRE', key('q', pool, lane, tenant), KEEP_MS)
  take_turn(tenant, pool, lane)
end

for i = 2, #ARGV, 7 do
  local id, tenant, pool, lane = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  local weight, left, message = ARGV[i + 4], tonumber(ARGV[i + 5]), ARGV[i + 6]
  local state = redis.call('HGET', key('job', id), 's')
  if state == 'o' then
    send_out(id, pool, lane)
    mine[#mine + 1] = id
  elseif state ~= 'h' or not redis.call('ZSCORE', key('q', pool, lane, tenant), id) then
    local ends = now + left
    redis.call('HSET', key('job', id), 't', tenant, 'p', pool, 'l', lane, 'e', text(ends))
    redis.call('PEXPIRE', key('job', id), math.max(1, math.ceil(left)) + GRACE_MS)
    open_until(tenant, id, ends + GRACE_MS)
    redis.call('ZADD', prefix .. 'doubt', text(now + DOUBT_MS), id)
    if goes_at_once(pool, lane) then
      leave_line(id, tenant, pool, lane)
      send_out(id, pool, lane)
      mine[#mine + 1] = id
    else
      hold(id, tenant, pool, lane, weight, ends, message)
      pools[pool] = true
    end
  end
end
for pool in pairs(pools) do fill(pool, others) end
return { mine, others }
