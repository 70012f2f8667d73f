/**
 * The arithmetic of `src/limits/windows.ts`, word for word, on one hash of Redis: a field for each limit, with what was taken, when it ends
 * and its window. Numbers are doubles here too. A field that cannot be read counts as one that is not there.
 *
 * KEYS: the subject. ARGV: the cost, then for each limit its field, kind, limit and window. Replies with whether the cost was taken and the
 * instant, then for each limit with what remains, when it is reset, and when to try again: 0 where it allows the request.
 */
export const CONSUME = `
local key, cost = KEYS[1], tonumber(ARGV[1])
local time = redis.call('TIME')
local at = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local limits, fields = {}, {}
for i = 2, #ARGV, 4 do
  local limit = { field = ARGV[i], burst = ARGV[i + 1] == 'burst' }
  limit.limit, limit.window = tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3])
  limit.parts = limit.burst and limit.window or 1
  limits[#limits + 1], fields[#fields + 1] = limit, limit.field
end

local kept = redis.pcall('HMGET', key, unpack(fields))
if kept.err then
  if not string.find(kept.err, 'WRONGTYPE', 1, true) then return kept end
  redis.call('DEL', key)
  kept = {}
end

local function read(value)
  if not value or #value > 50 then return nil end
  local taken, ends, window = string.match(value, '^(%d+) (%d+) (%d+)$')
  if not taken or tonumber(window) == 0 then return nil end
  return { taken = tonumber(taken), ends = tonumber(ends), window = tonumber(window) }
end

local function rescaled(limit, counter)
  local before, window = counter.window, limit.window
  local whole = math.floor(counter.taken / before)
  if whole >= limit.limit then return limit.limit * window end
  if before == window then return counter.taken end
  return whole * window + math.ceil(math.fmod(counter.taken, before) / before * window)
end

local function current(limit, counter)
  local ends = at + limit.window
  if not counter or counter.ends <= at then return 0, ends end
  if not limit.burst then return counter.taken, math.min(counter.ends, ends) end
  local elapsed = math.max(0, at - (counter.ends - counter.window))
  local missing = rescaled(limit, counter) - math.min(elapsed, limit.window) * limit.limit
  return math.max(0, missing), ends
end

local function ahead(limit, counter)
  if not counter then return false end
  return counter.ends - (limit.burst and counter.window or limit.window) > at
end

local function fits(limit)
  if cost == 0 then return true end
  return cost <= limit.limit and limit.taken <= (limit.limit - cost) * limit.parts
end

local allowed = true
for i, limit in ipairs(limits) do
  local counter = read(kept[i])
  limit.taken, limit.ends = current(limit, counter)
  limit.ahead = ahead(limit, counter)
  limit.kept = counter and counter.ends or 0
  allowed = allowed and fits(limit)
end

local function text(number)
  return string.format('%.0f', number)
end

local reply = { allowed and '1' or '0', text(at) }
local writes, ttl = {}, 0
for _, limit in ipairs(limits) do
  local retry = 0
  if not fits(limit) then
    if cost > limit.limit then retry = nil
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
    if limit.ends > limit.kept then ttl = math.max(ttl, limit.ends - at) end
  end
  local left = math.max(0, math.floor((limit.limit * limit.parts - limit.taken) / limit.parts))
  local reset = at
  if limit.burst then reset = at + math.ceil(limit.taken / limit.limit)
  elseif limit.taken > 0 then reset = limit.ends end
  reply[#reply + 1] = text(left)
  reply[#reply + 1] = text(reset)
  reply[#reply + 1] = retry and text(retry) or 'Infinity'
end

if #writes > 0 then
  redis.call('HSET', key, unpack(writes))
  if ttl > 0 and redis.call('PTTL', key) < ttl then redis.call('PEXPIRE', key, text(ttl)) end
end
return reply
`
