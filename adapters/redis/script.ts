/**
 * The arithmetic of `src/limits/windows.ts`, word for word, on one hash of Redis: a field for each limit, with what was taken, when it ends
 * and its window. Numbers are doubles here too. A field that cannot be read counts as one that is not there.
 *
 * KEYS: the subject. ARGV: the cost, then for each limit its field, kind, limit, window (milliseconds, 'day' or 'month') and what it is refilled
 * to. Replies with whether the cost was taken and the instant, then for each limit with what remains, when it is reset, and when to try again:
 * 0 where it allows the request.
 */
export const CONSUME = `
local key, cost = KEYS[1], tonumber(ARGV[1])
local time = redis.call('TIME')
local at = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local DAY, KEPT, NEVER = 86400000, 315360000000, 9007199254740991

local limits, fields = {}, {}
for i = 2, #ARGV, 5 do
  local limit = { field = ARGV[i], burst = ARGV[i + 1] == 'burst', credit = ARGV[i + 1] == 'credit' }
  limit.limit, limit.refill, limit.calendar = tonumber(ARGV[i + 2]), tonumber(ARGV[i + 4]), ARGV[i + 3]
  limit.window = tonumber(limit.calendar) or 1
  limit.parts = limit.burst and limit.window or 1
  limits[#limits + 1], fields[#fields + 1] = limit, limit.field
end

local kept = redis.pcall('HMGET', key, unpack(fields))
if kept.err then
  if not string.find(kept.err, 'WRONGTYPE', 1, true) then return kept end
  redis.call('DEL', key)
  kept = {}
end

local function read(limit, value)
  if not value or #value > 50 then return nil end
  local taken, ends, window = string.match(value, '^(%-?%d+) (%d+) (%d+)$')
  if not taken or limit.burst and tonumber(window) == 0 then return nil end
  if not limit.credit and tonumber(taken) < 0 then return nil end
  return { taken = tonumber(taken), ends = tonumber(ends), window = tonumber(window) }
end

local function rescaled(limit, counter)
  local before, window = counter.window, limit.window
  local whole = math.floor(counter.taken / before)
  if whole >= limit.limit then return limit.limit * window end
  if before == window then return counter.taken end
  return whole * window + math.ceil(math.fmod(counter.taken, before) / before * window)
end

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

local allowed = true
for i, limit in ipairs(limits) do
  local counter = read(limit, kept[i])
  limit.taken, limit.ends = current(limit, counter)
  limit.ahead = ahead(limit, counter)
  limit.kept = counter and counter.ends or 0
  allowed = allowed and fits(limit)
end

local function text(number)
  return string.format('%.0f', number)
end

local reply = { allowed and '1' or '0', text(at) }
local writes, ttl, spare = {}, 0, 0
for _, limit in ipairs(limits) do
  local retry = 0
  if not fits(limit) then
    if cost > limit.refill or limit.window == 0 then retry = nil
    elseif not limit.burst then retry = limit.ends
    else
      retry = at + math.ceil((limit.taken - (limit.limit - cost) * limit.window) / limit.limit)
    end
  end
  local spent = allowed and cost > 0
  if spent then limit.taken = limit.taken + cost * limit.parts end
  if spent or limit.ahead then
    writes[#writes + 1] = limit.field
    writes[#writes + 1] = text(limit.taken) .. ' ' .. text(limit.ends) .. ' ' .. text(limit.window)
    if limit.credit then ttl, spare = KEPT, DAY
    elseif limit.ends > limit.kept then ttl = math.max(ttl, limit.ends - at) end
  end
  local left = math.max(0, math.floor((limit.limit * limit.parts - limit.taken) / limit.parts))
  local reset = at
  if limit.taken > limit.limit - limit.refill then
    if limit.burst then reset = at + math.ceil(limit.taken / limit.limit)
    elseif limit.window == 0 then reset = nil
    else reset = limit.ends end
  end
  reply[#reply + 1] = text(left)
  reply[#reply + 1] = reset and text(reset) or 'Infinity'
  reply[#reply + 1] = retry and text(retry) or 'Infinity'
end

if #writes > 0 then
  redis.call('HSET', key, unpack(writes))
  if ttl > 0 and redis.call('PTTL', key) < ttl - spare then redis.call('PEXPIRE', key, text(ttl)) end
end
return reply
`
