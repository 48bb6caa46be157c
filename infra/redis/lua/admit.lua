-- ARGV: now, job, tenant, pool, lane, deadline ms, weight, most in flight, rate per second, burst, most waiting
-- Answers: verdict, retry after ms, wait ms or '', tokens left, ms until the bucket is full, jobs in flight
local id, tenant, pool, lane = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local deadline, weight, most, rate, burst, most_waiting =
  tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])

local every = 1000 / rate
local full_at = math.max(number(redis.call('GET', key('rate', tenant)), now), now)
local late = full_at + every - burst * every - now
local open = key('open', tenant)
redis.call('ZREMRANGEBYSCORE', open, '-inf', now)
local in_flight = redis.call('ZCARD', open)

local function answer(verdict, retry, wait)
  local until_full = full_at - now
  local left = math.max(0, math.floor(burst - until_full / every + 0.000001))
  return { verdict, text(retry), wait and text(wait) or '', left, text(until_full), in_flight }
end

if late > ROUNDING_MS then return answer('rate', late) end

-- A tenant's jobs in the line: reservations whose request died are nobody's any more.
local function waiting_of(whom)
  local q = key('q', pool, lane, whom)
  redis.call('ZREMRANGEBYSCORE', q, RESERVED, text(RESERVED + now))
  local count = redis.call('ZCARD', q)
  if count == 0 then redis.call('ZREM', key('in', pool, lane), whom) end
  return count
end

local function waiting_in(which)
  local name = key('wait', pool, which)
  redis.call('ZREMRANGEBYSCORE', name, '-inf', now)
  return redis.call('ZCARD', name)
end

-- Jobs that start before this one has started, this one included.
local function ahead()
  local own = waiting_of(tenant) + 1
  local line = key('in', pool, lane)
  local others, sum, seen = redis.call('ZRANGE', line, 0, MOST_TENANTS, 'WITHSCORES'), 0, 0
  for i = 1, #others, 2 do
    if others[i] ~= tenant then
      sum = sum + math.min(waiting_of(others[i]), own * others[i + 1] / weight)
      seen = seen + 1
    end
  end
  -- With very many tenants some stand for all.
  if seen >= MOST_TENANTS then sum = sum * redis.call('ZCARD', line) / seen end
  local other = lane == 'bulk' and 'interactive' or 'bulk'
  local count = own + sum
  return count + math.min(waiting_in(other), count * LANE_WEIGHT[other] / LANE_WEIGHT[lane])
end

local pace = capacity(pool)
if in_flight >= most then return answer('in-flight', pace.known and 1000 / pace.rate or 0) end
if waiting_in(lane) >= most_waiting then return answer('wait', 86400000) end
local wait = nil
if pace.known then
  wait = (out_count(pool, 'interactive') + out_count(pool, 'bulk') + ahead()) * 1000 / pace.rate
  local surplus = wait - deadline * WAIT_RATIO
  if surplus > 0 then return answer('wait', surplus, wait) end
end

full_at = full_at + every
in_flight = in_flight + 1
local ends = now + RESERVE_MS
-- Not only until it is full: whether it is decides `now`, never the server's clock beside it.
redis.call('SET', key('rate', tenant), text(full_at), 'PX', math.ceil(full_at - now) + KEEP_MS)
redis.call('ZADD', open, text(ends), id)
redis.call('PEXPIRE', open, KEEP_MS)
redis.call('ZADD', key('q', pool, lane, tenant), text(RESERVED + ends), id)
redis.call('ZADD', key('in', pool, lane), weight, tenant)
redis.call('ZADD', key('wait', pool, lane), text(ends), id)
redis.call('HSET', key('job', id), 't', tenant, 'p', pool, 'l', lane, 's', 'r', 'e', text(ends))
redis.call('PEXPIRE', key('job', id), RESERVE_MS)
return answer('accept', 0, wait)
