import { LuaScript } from "./lua-script.ts";

/** How long a channel's position is kept after its last use; afterwards a new epoch starts. */
const placeTtlMs = 86_400_000;
/** How old a reader's position in an empty channel may be to prove that nothing was published since; less than a position's lifetime. */
const emptyHoursMax = 22;

/**
 * The epoch of a channel without publications: the hour of the server's clock, shared by all channels of a bucket. It also becomes the
 * epoch of the first publication, so that empty channels need no keys, however many are read. A position is kept for a day after its last
 * use: a channel that was created and forgotten since a reader got an earlier hour's epoch cannot be confused with that, because its hour
 * is later.
 */
const beginning = `
local function beginning(key, fresh)
  redis.call('SET', key, fresh, 'NX')
  redis.call('PEXPIRE', key, ${2 * placeTtlMs})
  return redis.call('GET', key) .. '.' .. math.floor(redis.call('TIME')[1] / 3600)
end
local function isSame(epoch, since)
  if epoch == since then return true end
  local name, hour = string.match(epoch, '^(.*)%.(%d+)$')
  local sinceName, sinceHour = string.match(since, '^(.*)%.(%d+)$')
  if not name or name ~= sinceName then return false end
  local hours = hour - sinceHour
  return hours >= 0 and hours <= ${emptyHoursMax}
end
`;

/**
 * Numbers, stores and publishes in one step, so that offsets match the order of delivery. A log without its position, which a server
 * short of memory has evicted, belongs to a past epoch and would refuse lower offsets. The message is `<offset> <epoch> <text>`; without
 * history, the mark takes the place of the epoch. KEYS place, log, idempotency, beginning. ARGV text, size (0: not kept), ttl, fresh
 * epoch, command, channel, key ttl (0: none), mark.
 */
export const publishScript = new LuaScript(`${beginning}
if ARGV[7] ~= '0' then
  local known = redis.call('GET', KEYS[3])
  if known then
    local offset, epoch = string.match(known, '^(%d+) (.*)$')
    return { epoch, tonumber(offset) }
  end
end
local epoch, offset = ARGV[8], 0
if ARGV[2] ~= '0' then
  epoch = redis.call('HGET', KEYS[1], 'epoch')
  if not epoch then
    epoch = redis.call('DEL', KEYS[2]) == 1 and ARGV[4] or beginning(KEYS[4], ARGV[4])
    redis.call('HSET', KEYS[1], 'epoch', epoch)
  end
  offset = redis.call('HINCRBY', KEYS[1], 'offset', 1)
  redis.call('XADD', KEYS[2], 'MAXLEN', ARGV[2], offset .. '-0', 't', ARGV[1])
  redis.call('PEXPIRE', KEYS[2], ARGV[3])
  redis.call('PEXPIRE', KEYS[1], math.max(${placeTtlMs}, tonumber(ARGV[3])))
end
if ARGV[7] ~= '0' then redis.call('SET', KEYS[3], offset .. ' ' .. epoch, 'PX', ARGV[7]) end
redis.call(ARGV[5], ARGV[6], offset .. ' ' .. epoch .. ' ' .. ARGV[1])
return { epoch, offset }
`);

/**
 * Reads the channel's position and what followed `since`, atomically. KEYS place, log, beginning. ARGV since offset (-1: none), since
 * epoch, limit, fresh epoch.
 */
export const readScript = new LuaScript(`${beginning}
local epoch = redis.call('HGET', KEYS[1], 'epoch')
local offset = 0
if epoch then
  offset = tonumber(redis.call('HGET', KEYS[1], 'offset'))
  if redis.call('PTTL', KEYS[1]) < ${placeTtlMs} then redis.call('PEXPIRE', KEYS[1], ${placeTtlMs}) end
else
  epoch = beginning(KEYS[3], ARGV[4])
end
local since = tonumber(ARGV[1])
local missed = offset - since
if since < 0 or missed < 0 or missed > tonumber(ARGV[3]) or not isSame(epoch, ARGV[2]) then return { epoch, offset, 0, {} } end
if missed == 0 then return { epoch, offset, 1, {} } end
local entries = redis.call('XRANGE', KEYS[2], (since + 1) .. '-0', '+')
if #entries ~= missed then return { epoch, offset, 0, {} } end
local texts = {}
for index, entry in ipairs(entries) do texts[index] = entry[2][2] end
return { epoch, offset, 1, texts }
`);
