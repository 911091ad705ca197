/**
 * The queue's calls as Lua scripts, each atomic. All keys of a device carry its id as hash tag, so that they share a cluster
 * slot. Per device: `ready`, a sorted set in claiming order; `hidden`, a sorted set by the end of each claim; and one
 * hash per entry, named by its command after the prefix.
 *
 * The order is one number: (9 - priority) * 2^42 + creation time. 2^42 ms reach to the year 2109, and ten priorities stay
 * below 2^53; equals are ordered by member, which is the command's id.
 */
const order = `
local function orderOf(priority, created) return (9 - priority) * 4398046511104 + created end
`;

/** KEYS ready, hidden, prefix · ARGV per entry: id, priority, created, deadline, attemptsMax, attempts, hiddenUntil */
export const putScript = `${order}
for i = 1, #ARGV, 7 do
  local id, entry = ARGV[i], KEYS[3] .. ARGV[i]
  if redis.call('EXISTS', entry) == 0 then
    local place = orderOf(tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2]))
    redis.call('HSET', entry, 'place', string.format('%.0f', place), 'deadline', ARGV[i + 3], 'max', ARGV[i + 4],
      'attempts', ARGV[i + 5], 'until', ARGV[i + 6], 'claim', '')
    if tonumber(ARGV[i + 6]) > 0 then redis.call('ZADD', KEYS[2], ARGV[i + 6], id)
    else redis.call('ZADD', KEYS[1], string.format('%.0f', place), id) end
  end
end
return redis.status_reply('OK')`;

/**
 * KEYS ready, hidden, prefix · ARGV now, max, visibility, digest. First every expired claim returns to its
 * place; then the first entries are taken. Entries past their deadline or attempts leave both sets; their hash stays until removed.
 */
export const claimScript = `
local now, most = tonumber(ARGV[1]), tonumber(ARGV[2])
while true do
  local lapsed = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[1], 'LIMIT', 0, 100)
  if #lapsed == 0 then break end
  for _, id in ipairs(lapsed) do
    redis.call('ZREM', KEYS[2], id)
    local place = redis.call('HGET', KEYS[3] .. id, 'place')
    if place then redis.call('ZADD', KEYS[1], place, id) end
  end
end
local taken = {}
while #taken < most * 3 do
  local first = redis.call('ZRANGE', KEYS[1], 0, 0)[1]
  if not first then break end
  redis.call('ZREM', KEYS[1], first)
  local entry = KEYS[3] .. first
  local fields = redis.call('HMGET', entry, 'deadline', 'max', 'attempts')
  local deadline, max, attempts = tonumber(fields[1]), tonumber(fields[2]), tonumber(fields[3])
  if deadline and deadline > now and attempts < max then
    local hidden = math.min(now + tonumber(ARGV[3]), deadline)
    local text = string.format('%.0f', hidden)
    redis.call('HSET', entry, 'attempts', attempts + 1, 'until', text, 'claim', ARGV[4])
    redis.call('ZADD', KEYS[2], text, first)
    taken[#taken + 1] = first
    taken[#taken + 1] = attempts + 1
    taken[#taken + 1] = text
  end
end
return taken`;

/** KEYS hidden, entry · ARGV id, now, visibility, digest */
export const extendScript = `
local fields = redis.call('HMGET', KEYS[2], 'claim', 'until', 'deadline')
if not fields[2] then return {'unknown', 0} end
if fields[1] ~= ARGV[4] then return {'stale', 0} end
if tonumber(fields[2]) <= tonumber(ARGV[2]) then return {'lapsed', 0} end
local hidden = math.min(tonumber(ARGV[2]) + tonumber(ARGV[3]), tonumber(fields[3]))
local text = string.format('%.0f', hidden)
redis.call('HSET', KEYS[2], 'until', text)
redis.call('ZADD', KEYS[1], text, ARGV[1])
return {'extended', text}`;

/** KEYS ready, hidden, prefix · ARGV ids */
export const removeScript = `
for _, id in ipairs(ARGV) do
  redis.call('ZREM', KEYS[1], id)
  redis.call('ZREM', KEYS[2], id)
  redis.call('UNLINK', KEYS[3] .. id)
end
return redis.status_reply('OK')`;
