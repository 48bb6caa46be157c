-- What every script of the dispatcher begins with. Constants are put above this by the loader.
-- KEYS[1] is the prefix of everything (one hash tag, so one node of a cluster), ARGV[1] the instant in ms for tests.
--
--   pool:<pool>            hash   sums of what the workers told, the rate observed, virtual times of the lanes
--   workers:<pool>         hash   worker -> slots|bulk|rate|until
--   out:<pool>:<lane>      zset   dispatched job -> until when it holds its slot
--   wait:<pool>:<lane>     zset   reserved or held job -> until when it is worth anything
--   q:<pool>:<lane>:<t>    zset   the same jobs of one tenant -> when they came; reservations lie above RESERVED
--   in:<pool>:<lane>       zset   tenant with such jobs -> weight
--   turn:<pool>:<lane>     zset   tenant with held jobs -> start tag of the next (start-time fair queueing)
--   past:<pool>:<lane>     zset   tenant -> finish tag of his last
--   open:<tenant>          zset   job that is not over -> until when that is believed
--   rate:<tenant>          string instant from which the token bucket is full
--   job:<id>               hash   t(enant) p(ool) l(ane) s(tate: r, h, o) e(nds, ms) m(essage)
--   doubt                  zset   job -> when somebody should look whether it is over
-- Counts are cardinalities, so what is evicted or expires is forgotten as a whole and nothing has to be corrected.
local prefix = KEYS[1]

local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

local function key(kind, ...)
  return prefix .. kind .. ':' .. table.concat({ ... }, ':')
end

local function number(value, otherwise)
  return tonumber(value or '') or otherwise
end

local function text(value)
  return string.format('%.3f', value)
end

-- Where nothing may be lost to rounding: rates and virtual times.
local function exact(value)
  return string.format('%.17g', value)
end

-- What the pool's workers can do, summed up again when one of them has fallen silent.
local function sum_up(pool)
  local slots, bulk, rate, soonest = 0, 0, 0, now + 86400000
  local workers = redis.call('HGETALL', key('workers', pool))
  for i = 1, #workers, 2 do
    local s, b, r, expires = string.match(workers[i + 1], '([^|]+)|([^|]+)|([^|]+)|([^|]+)')
    if number(expires, 0) <= now then
      redis.call('HDEL', key('workers', pool), workers[i])
    else
      slots, bulk, rate = slots + s, bulk + b, rate + r
      soonest = math.min(soonest, tonumber(expires))
    end
  end
  local name = key('pool', pool)
  -- Another fleet has another speed.
  if number(redis.call('HGET', name, 'slots'), 0) ~= slots then redis.call('HDEL', name, 'observed', 'since', 'served') end
  redis.call('HSET', name, 'slots', slots, 'bulk', bulk, 'announced', exact(rate), 'again', text(soonest))
  return slots, bulk, rate
end

local function capacity(pool)
  local c = redis.call('HMGET', key('pool', pool), 'slots', 'bulk', 'announced', 'again', 'observed', 'observedAt')
  local slots, bulk, announced = number(c[1], 0), number(c[2], 0), number(c[3], 0)
  local observed, observedAt = number(c[5], nil), number(c[6], 0)
  if c[4] and tonumber(c[4]) <= now then
    slots, bulk, announced = sum_up(pool)
  end
  local rate = announced
  if slots > 0 and observed then
    -- Seen under full load just now it is the truth; seen earlier it is at least what was possible.
    if now - observedAt < FRESH_MS then rate = observed else rate = math.max(announced, observed) end
  end
  if slots == 0 then slots, bulk, rate = UNKNOWN_TOTAL, UNKNOWN_BULK, 0 end
  local travelling = math.ceil(rate * TURNAROUND_MS / 1000)
  return { total = slots + travelling, bulk = bulk + travelling, rate = rate, known = c[1] and rate > 0 }
end

local function out_count(pool, lane)
  local name = key('out', pool, lane)
  redis.call('ZREMRANGEBYSCORE', name, '-inf', now)
  return redis.call('ZCARD', name)
end

local function open_until(tenant, id, until_)
  redis.call('ZADD', key('open', tenant), text(until_), id)
end

-- A job leaves the line it waits in, as a reservation or held.
local function leave_line(id, tenant, pool, lane)
  redis.call('ZREM', key('wait', pool, lane), id)
  local q = key('q', pool, lane, tenant)
  if redis.call('ZREM', q, id) == 0 then return end
  if redis.call('ZCARD', q) == 0 then
    redis.call('ZREM', key('in', pool, lane), tenant)
    redis.call('ZREM', key('turn', pool, lane), tenant)
  end
end

local function forget(id, tenant)
  redis.call('ZREM', key('open', tenant), id)
  redis.call('ZREM', prefix .. 'doubt', id)
  redis.call('DEL', key('job', id))
end

-- A held job in the fair order: behind its tenant's others, or from the present virtual time on.
local function take_turn(tenant, pool, lane)
  local turn = key('turn', pool, lane)
  if redis.call('ZSCORE', turn, tenant) then return end
  local virtual = number(redis.call('HGET', key('pool', pool), 'v:' .. lane), 0)
  local finish = number(redis.call('ZSCORE', key('past', pool, lane), tenant), 0)
  redis.call('ZADD', turn, exact(math.max(virtual, finish)), tenant)
end

-- The next held job of a lane that is still worth anything.
local function next_of(pool, lane, budget)
  local turn = key('turn', pool, lane)
  while budget.left > 0 do
    local first = redis.call('ZRANGE', turn, 0, 0, 'WITHSCORES')
    if #first == 0 then return nil end
    local tenant, tag = first[1], tonumber(first[2])
    local q = key('q', pool, lane, tenant)
    local head = redis.call('ZRANGE', q, 0, 0, 'WITHSCORES')
    if #head == 0 or tonumber(head[2]) >= RESERVED then
      redis.call('ZREM', turn, tenant)
    else
      budget.left = budget.left - 1
      local id = head[1]
      local job = redis.call('HMGET', key('job', id), 'e', 'm')
      local weight = number(redis.call('ZSCORE', key('in', pool, lane), tenant), 1)
      leave_line(id, tenant, pool, lane)
      if job[2] and number(job[1], 0) > now then
        local finish = exact(tag + 1 / weight)
        local behind = redis.call('ZRANGE', q, 0, 0, 'WITHSCORES')
        if behind[2] and tonumber(behind[2]) < RESERVED then
          redis.call('ZADD', turn, finish, tenant)
        else
          redis.call('ZREM', turn, tenant)
        end
        local past = key('past', pool, lane)
        redis.call('ZADD', past, finish, tenant)
        redis.call('ZREMRANGEBYSCORE', past, '-inf', string.format('(%.17g', tag))
        redis.call('HSET', key('pool', pool), 'v:' .. lane, exact(tag))
        return id, job[2]
      end
      forget(id, tenant)
    end
  end
  return nil
end

local function send_out(id, pool, lane)
  redis.call('HSET', key('job', id), 's', 'o')
  redis.call('ZADD', key('out', pool, lane), text(now + SLOT_MS), id)
end

-- Fill the window from what is held: the lanes by their weights, each lane's tenants by theirs.
local function fill(pool, answers)
  local waits = { interactive = redis.call('EXISTS', key('turn', pool, 'interactive')) == 1,
    bulk = redis.call('EXISTS', key('turn', pool, 'bulk')) == 1 }
  if not waits.interactive and not waits.bulk then return end
  local room = capacity(pool)
  local out = { interactive = out_count(pool, 'interactive'), bulk = out_count(pool, 'bulk') }
  local name = key('pool', pool)
  local tags = redis.call('HMGET', name, 'v', 'f:interactive', 'f:bulk')
  local virtual = number(tags[1], 0)
  local finish = { interactive = number(tags[2], 0), bulk = number(tags[3], 0) }
  local budget = { left = MOST_AT_ONCE }
  while budget.left > 0 and out.interactive + out.bulk < room.total do
    local may_bulk = waits.bulk and out.bulk < room.bulk
    local lane = waits.interactive and 'interactive' or (may_bulk and 'bulk')
    if waits.interactive and may_bulk and
      math.max(virtual, finish.bulk) < math.max(virtual, finish.interactive) then lane = 'bulk' end
    if not lane then break end
    local id, message = next_of(pool, lane, budget)
    if id then
      send_out(id, pool, lane)
      answers[#answers + 1] = message
      out[lane] = out[lane] + 1
      virtual = math.max(virtual, finish[lane])
      finish[lane] = virtual + 1 / LANE_WEIGHT[lane]
    else
      waits[lane] = false
    end
  end
  redis.call('HSET', name, 'v', exact(virtual), 'f:interactive',
    exact(finish.interactive), 'f:bulk', exact(finish.bulk))
end

-- How fast the pool is, seen while work was waiting all the time. @param served jobs done since the last look
local function observe(pool, served)
  local name = key('pool', pool)
  local busy = redis.call('EXISTS', key('turn', pool, 'interactive'), key('turn', pool, 'bulk')) > 0
  local seen = redis.call('HMGET', name, 'since', 'served', 'observed')
  if not busy then
    if seen[1] then redis.call('HDEL', name, 'since', 'served') end
    return
  end
  if not seen[1] then
    redis.call('HSET', name, 'since', text(now), 'served', 0)
    return
  end
  local count, tookMs = number(seen[2], 0) + served, now - tonumber(seen[1])
  if tookMs < OBSERVE_MS then
    redis.call('HSET', name, 'served', count)
    return
  end
  local rate = count * 1000 / tookMs
  if seen[3] then rate = seen[3] * (1 - OBSERVE_SHARE) + rate * OBSERVE_SHARE end
  redis.call('HSET', name, 'since', text(now), 'served', 0, 'observed', exact(rate), 'observedAt', text(now))
end
