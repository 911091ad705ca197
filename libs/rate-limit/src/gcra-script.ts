import { redisScript } from "./redis-script.ts";

/**
 * GCRA over all rates of one key, atomically, on the server's clock in microseconds. The key's value is one arrival time per rate. ARGV:
 * mode, cost divided by weight, then interval and tolerance of each rate in microseconds.
 *
 * Modes: `take` (all rates or none) and `charge` (always, up to two bursts ahead). Returns: allowed (0 or 1), the wait in microseconds
 * (-1 for never), now, then the arrival time of each rate. Numbers are returned as text, because Redis truncates them to integers.
 */
export const gcraScript = redisScript(`
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local mode = ARGV[1]
local cost = tonumber(ARGV[2])
local count = (#ARGV - 2) / 2
local stored = redis.call('GET', KEYS[1])
local arrivals = {}
if stored then
  for part in string.gmatch(stored, '%S+') do arrivals[#arrivals + 1] = tonumber(part) end
end
local wait = 0
local never = false
for i = 1, count do
  local interval = tonumber(ARGV[1 + 2 * i])
  local tolerance = tonumber(ARGV[2 + 2 * i])
  local arrival = math.min(math.max(arrivals[i] or now, now), now + 2 * tolerance)
  arrivals[i] = arrival
  if mode == 'take' then
    local spent = cost * interval
    if spent > tolerance * (1 + 1e-9) then never = true end
    local need = arrival + spent - tolerance - now
    if need > 1 and need > wait then wait = need end
  end
end
local allowed = not never and wait == 0
local longest = 0
local reply = { allowed and '1' or '0', never and '-1' or string.format('%.0f', wait), string.format('%.0f', now) }
local values = {}
for i = 1, count do
  local interval = tonumber(ARGV[1 + 2 * i])
  local tolerance = tonumber(ARGV[2 + 2 * i])
  if allowed then arrivals[i] = math.min(math.max(arrivals[i] + cost * interval, now), now + 2 * tolerance) end
  values[i] = string.format('%.3f', arrivals[i])
  reply[3 + i] = values[i]
  longest = math.max(longest, arrivals[i] - now)
end
if allowed and cost ~= 0 then
  if longest > 0 then
    redis.call('SET', KEYS[1], table.concat(values, ' '), 'PX', math.ceil(longest / 1000) + 1)
  else
    redis.call('DEL', KEYS[1])
  end
end
return reply
`);
