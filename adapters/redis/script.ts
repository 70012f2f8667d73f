const TEXT = `local function text(number)
  return string.format('%.0f', number)
end`

const RESCALED = `local function rescaled(limit, counter)
  local before, window = counter.window, limit.window
  local whole = math.floor(counter.taken / before)
  if whole >= limit.limit then return limit.limit * window end
  if before == window then return counter.taken end
  return whole * window + math.ceil(math.fmod(counter.taken, before) / before * window)
end`

/**
 * The arithmetic of `src/limits/windows.ts`, word for word, on one hash of Redis: a field for each limit, with what was taken, when it ends
 * and its window. Numbers are doubles here too. A field that cannot be read counts as one that is not there; but one that begins with v and a number was
 * written by a later version, which marks so what this one would misread: then nothing is counted, and the reply is an error.
 *
 * Slots of a limit of kind `concurrency` are a sorted set of who holds one, by when they end.
 *
 * KEYS: the subject, then the slots of each such limit. ARGV: the cost, the slot, then for each limit its field, kind, limit, window
 * (milliseconds, 'day' or 'month') and what it is refilled to. Replies with whether the cost was taken and the instant, then for each limit with what remains, when it is reset, and when to try again:
 * 0 where it allows the request.
 */
export const CONSUME = `
local key, cost, slot = KEYS[1], tonumber(ARGV[1]), ARGV[2]
local time = redis.call('TIME')
local at = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

${TEXT}

local function keep(name, ttl, spare)
  if redis.call('PTTL', name) < ttl - spare then redis.call('PEXPIRE', name, text(ttl)) end
end

local DAY, KEPT, NEVER = 86400000, 315360000000, 9007199254740991

local limits, fields, sets = {}, {}, 1
for i = 3, #ARGV, 5 do
  local limit = { field = ARGV[i], burst = ARGV[i + 1] == 'burst', credit = ARGV[i + 1] == 'credit' }
  limit.limit, limit.refill, limit.calendar = tonumber(ARGV[i + 2]), tonumber(ARGV[i + 4]), ARGV[i + 3]
  limit.window = tonumber(limit.calendar) or 1
  limit.parts = limit.burst and limit.window or 1
  limits[#limits + 1] = limit
  if ARGV[i + 1] == 'concurrency' then
    sets = sets + 1
    limit.slots = KEYS[sets]
  else
    fields[#fields + 1] = limit.field
  end
end

local kept = #fields == 0 and {} or redis.pcall('HMGET', key, unpack(fields))
if kept.err then
  if not string.find(kept.err, 'WRONGTYPE', 1, true) then return kept end
  redis.call('DEL', key)
  kept = {}
end

local newer = false

local function read(limit, value)
  if value and string.find(value, '^v%d') then newer = true end
  if not value or #value > 50 then return nil end
  local taken, ends, window = string.match(value, '^(%-?%d+) (%d+) (%d+)$')
  if not taken or limit.burst and tonumber(window) == 0 then return nil end
  if not limit.credit and tonumber(taken) < 0 then return nil end
  return { taken = tonumber(taken), ends = tonumber(ends), window = tonumber(window) }
end

${RESCALED}
local function month_end()
  -- Years that begin in March, of eras of 400: the day that is added in some of them is the last.
  local days = math.floor(at / DAY) + 719468
  local era = math.floor(days / 146097)
  local day = days - era * 146097
  local year = math.floor((day - math.floor(day / 1460) + math.floor(day / 36524) - math.floor(day / 146096)) / 365)
  local function start(years)
    return years * 365 + math.floor(years / 4) - math.floor(years / 100) + math.floor(years / 400)
  end
  local month = math.floor((5 * (day - start(year)) + 2) / 153)
  local next = month == 11 and start(year + 1) or start(year) + math.floor((153 * (month + 1) + 2) / 5)
  return (next + era * 146097 - 719468) * DAY
end

local function end_from(limit)
  if limit.calendar == 'month' then return month_end() end
  if limit.calendar == 'day' then return (math.floor(at / DAY) + 1) * DAY end
  return limit.window == 0 and NEVER or at + limit.window
end

local function current(limit, counter)
  local ends = end_from(limit)
  if not counter then return 0, ends end
  if limit.credit then
    if limit.window == 0 then return counter.taken, ends end
    if counter.ends > at then return counter.taken, math.min(counter.ends, ends) end
    return math.min(counter.taken, limit.limit - limit.refill), ends
  end
  if counter.ends <= at then return 0, ends end
  if not limit.burst then return counter.taken, math.min(counter.ends, ends) end
  local elapsed = math.max(0, at - (counter.ends - counter.window))
  local missing = rescaled(limit, counter) - math.min(elapsed, limit.window) * limit.limit
  return math.max(0, missing), ends
end

local function ahead(limit, counter)
  if not counter then return false end
  if limit.burst then return counter.ends - counter.window > at end
  return counter.ends > limit.ends
end

local function fits(limit)
  return cost == 0 or limit.taken <= (limit.limit - cost) * limit.parts
end

local function count_slots(limit)
  local ends = at + limit.window
  local ended = redis.pcall('ZREMRANGEBYSCORE', limit.slots, '-inf', at)
  if type(ended) == 'table' and ended.err then redis.call('DEL', limit.slots) end
  for _, slot in ipairs(redis.call('ZRANGEBYSCORE', limit.slots, '(' .. text(ends), '+inf')) do
    redis.call('ZADD', limit.slots, ends, slot)
  end
  limit.all = redis.call('ZCARD', limit.slots)
  limit.own = redis.call('ZSCORE', limit.slots, slot) and 1 or 0
  limit.full = cost > 0 and limit.all - limit.own >= limit.limit
end

local allowed, counted = true, 0
for _, limit in ipairs(limits) do
  if limit.slots then
    count_slots(limit)
    allowed = allowed and not limit.full
  else
    counted = counted + 1
    local counter = read(limit, kept[counted])
    limit.taken, limit.ends = current(limit, counter)
    limit.ahead = ahead(limit, counter)
    limit.kept = counter and counter.ends or 0
    allowed = allowed and fits(limit)
  end
end

if newer then return redis.error_reply('A counter was written by a newer version of sallyport') end

local reply = { allowed and '1' or '0', text(at) }
local spent = allowed and cost > 0
local writes, ttl, spare = {}, 0, 0

local function stand_slots(limit)
  if spent then
    redis.call('ZADD', limit.slots, at + limit.window, slot)
    keep(limit.slots, limit.window, 0)
    limit.all = limit.all + 1 - limit.own
  end
  return math.max(0, limit.limit - limit.all), at, limit.full and at + 1 or 0
end

local function retry_at(limit)
  if fits(limit) then return 0 end
  if cost > limit.refill or limit.window == 0 then return nil end
  if not limit.burst then return limit.ends end
  return at + math.ceil((limit.taken - (limit.limit - cost) * limit.window) / limit.limit)
end

local function reset_at(limit)
  if limit.taken <= limit.limit - limit.refill then return at end
  if limit.burst then return at + math.ceil(limit.taken / limit.limit) end
  if limit.window == 0 then return nil end
  return limit.ends
end

local function stand(limit)
  local retry = retry_at(limit)
  if spent then limit.taken = limit.taken + cost * limit.parts end
  if spent or limit.ahead then
    writes[#writes + 1] = limit.field
    writes[#writes + 1] = text(limit.taken) .. ' ' .. text(limit.ends) .. ' ' .. text(limit.window)
    if limit.credit then ttl, spare = KEPT, DAY
    elseif limit.ends > limit.kept then ttl = math.max(ttl, limit.ends - at) end
  end
  local left = math.floor((limit.limit * limit.parts - limit.taken) / limit.parts)
  return math.max(0, left), reset_at(limit), retry
end

for _, limit in ipairs(limits) do
  local left, reset, retry
  if limit.slots then left, reset, retry = stand_slots(limit) else left, reset, retry = stand(limit) end
  reply[#reply + 1] = text(left)
  reply[#reply + 1] = reset and text(reset) or 'Infinity'
  reply[#reply + 1] = retry and text(retry) or 'Infinity'
end

if #writes > 0 then
  redis.call('HSET', key, unpack(writes))
  if ttl > 0 then keep(key, ttl, spare) end
end
return reply
`

/**
 * Gives back slots; then what was taken: of quotas and credits where the window ends when it did, of bursts what has not come back by itself since. A client may send it
 * twice where an answer was lost: the last key remembers for a minute that it was done.
 *
 * KEYS: as above, then that of this call. ARGV: the slot, the cost, when it was taken, then for each limit but of slots its field, kind, limit and window in milliseconds, and between which
 * instants, both included, its window ends, and how little may be taken at least.
 */
export const RELEASE = `
for i = 2, #KEYS - 1 do redis.pcall('ZREM', KEYS[i], ARGV[1]) end
local key, cost, since = KEYS[1], tonumber(ARGV[2]), tonumber(ARGV[3])
if cost == 0 or not redis.call('SET', KEYS[#KEYS], '1', 'NX', 'PX', '60000') then return end
local time = redis.call('TIME')
local at = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

${TEXT}

${RESCALED}

local function drained(limit, counter)
  local now = math.max(at, counter.ends - counter.window)
  local elapsed = now - (counter.ends - counter.window)
  local missing = rescaled(limit, counter) - math.min(elapsed, limit.window) * limit.limit
  if counter.ends <= now then missing = 0 end
  local rest = cost * limit.window - math.max(0, now - since) * limit.limit
  return math.max(0, math.max(0, missing) - math.max(0, rest)), now + limit.window
end

for i = 4, #ARGV, 7 do
  local field, limit = ARGV[i], { limit = tonumber(ARGV[i + 2]), window = tonumber(ARGV[i + 3]) }
  local value = redis.pcall('HGET', key, field)
  local taken, ends, window = nil, nil, nil
  if type(value) == 'string' and #value <= 50 then taken, ends, window = string.match(value, '^(%-?%d+) (%d+) (%d+)$') end
  if taken then
    local counter = { taken = tonumber(taken), ends = tonumber(ends), window = tonumber(window) }
    local left, until_ = nil, nil
    if ARGV[i + 1] ~= 'burst' then
      if counter.ends >= tonumber(ARGV[i + 4]) and counter.ends <= tonumber(ARGV[i + 5]) then left, until_ = counter.taken - cost, counter.ends end
      if left and left < tonumber(ARGV[i + 6]) then left = nil end
    elseif counter.window > 0 then
      left, until_ = drained(limit, counter)
      window = limit.window
    end
    if left then redis.call('HSET', key, field, text(left) .. ' ' .. text(until_) .. ' ' .. text(window)) end
  end
end
`
