import { LuaScript } from "./lua-script.ts";

/** A channel's place is remembered this long after its last use: a new epoch begins after it. */
const placeTtlMs = 86_400_000;
/** Hours for which a reader of an empty channel can be told for sure that nothing came since: fewer than a place lives. */
const emptyHoursMax = 22;

/**
 * The epoch of a channel that nothing was published to: of all channels of a bucket the same, with the hour of the server's clock. It is
 * the first publication's epoch too, so that an empty channel needs no key of its own, however many are asked for. A place outlives its last
 * use by a day: one that was born and forgotten since somebody read an earlier hour's epoch is of an hour too late to be taken for it.
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
 * Numbers, keeps and publishes in one step, so that the order of the offsets is the order on the wire. A log without its place, which a
 * server short of memory evicted, is of a past epoch and would take no lower offset. The message is
 * `<offset> <epoch> <text>`, with the mark as the epoch of what is not kept. KEYS place, log, idempotency, beginning.
 * ARGV text, size (0: not kept), ttl, fresh epoch, command, channel, key ttl (0: none), mark.
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
 * The channel's place and what followed `since`, of one moment. KEYS place, log, beginning. ARGV since offset (-1: none), since epoch,
 * limit, fresh epoch.
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
