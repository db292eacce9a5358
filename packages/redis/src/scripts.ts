import { createHash } from 'node:crypto'

/** Lua that Redis runs in one step; nothing else happens in between. */
export interface Script {
  readonly text: string
  readonly sha1: string
}

/**
 * How a store knows that it still talks to the server, and to the data, that it wrote to. `run_id`: by the process and its
 * replication history. `none`: not at all, for servers that do not let scripts ask (`INFO` is refused by some managed ones).
 */
export type Fence = 'run_id' | 'none'

/**
 * `run_id` is another one after each restart, `master_replid` after each promotion and when a former primary comes back as a
 * replica: what such a server holds may be older than what it once answered. Both stand at fixed places of a section
 * that takes microseconds to write.
 */
const fenceText: Readonly<Record<Fence, string>> = {
  run_id: `
local function fence()
  local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
  local replid = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
  return (run_id or '?') .. '-' .. (replid or '?')
end
`,
  none: `
local function fence()
  return 'none'
end
`,
}

/** A script for each fence; `fence()` is what it may call. */
function fenced(body: string): Readonly<Record<Fence, Script>> {
  return { run_id: scriptOf(fenceText.run_id + body), none: scriptOf(fenceText.none + body) }
}

function scriptOf(text: string): Script {
  return { text, sha1: createHash('sha1').update(text).digest('hex') }
}

/** KEYS: ticket. ARGV: sealed grant, milliseconds. */
export const putTicket: Readonly<Record<Fence, Script>> = fenced(`
return redis.call('SET', KEYS[1], fence() .. ' ' .. ARGV[1], 'PX', ARGV[2])
`)

/**
 * KEYS: ticket. The fence is asked before anything is taken, so that a server that refuses the question keeps the ticket.
 * One from before a restart or a promotion is forgotten and not handed out: it may have been redeemed already.
 */
export const takeTicket: Readonly<Record<Fence, Script>> = fenced(`
local current = fence()
local value = redis.call('GETDEL', KEYS[1])
if not value then return false end
local space = string.find(value, ' ', 1, true)
if string.sub(value, 1, space - 1) ~= current then return false end
return string.sub(value, space + 1)
`)

/**
 * KEYS: tickets of a subject, by their end. ARGV: ticket, now, its end, how many a subject may have.
 * Answers 0, or how long until the first of them ends.
 */
export const reserveTicket: Script = scriptOf(`
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[2])
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[4]) then
  return math.max(1, math.ceil(tonumber(redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]) - ARGV[2]))
end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
redis.call('PEXPIRE', KEYS[1], math.max(redis.call('PTTL', KEYS[1]), math.ceil(ARGV[3] - ARGV[2])))
return 0
`)

/** KEYS: tickets of a subject. ARGV: ticket. */
export const releaseTicket: Script = scriptOf(`return redis.call('ZREM', KEYS[1], ARGV[1])`)

/** What a link sends to find out whether anybody answers who takes writes. KEYS: one that holds nothing. */
export const probe: Script = scriptOf(`return redis.call('DEL', KEYS[1])`)

/** What an operator should hear of at the start. KEYS: any. */
export const inspectServer: Script = scriptOf(`
local policy = string.match(redis.call('INFO', 'memory'), 'maxmemory_policy:([%w-]+)')
local aof = string.match(redis.call('INFO', 'persistence'), 'aof_enabled:(%d)')
return { policy or '', aof or '' }
`)

/**
 * KEYS: the log by number, its ends by time, the last number, the look-up key. ARGV: entry, issuedBefore, milliseconds to
 * live, end, now, whether it can be looked up. Writing an entry that is there already changes nothing, so anybody may
 * write it again. The later time and the later end win. Beside the last number
 * stands the entry that the log began with: one that was lost gives out the same numbers again (`FLUSHALL`), or goes on with
 * the next (it was evicted, and the number was not), and either way is another log.
 *
 * What has ended makes room first. Where that wrote something, be it nothing, a Redis whose memory is full does not stop the rest
 * in the middle, so that one more revocation always fits.
 */
export const addRevocation: Script = scriptOf(`
local ended = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[5], 'LIMIT', 0, 100)
redis.call('ZREM', KEYS[1], '', unpack(ended))
redis.call('ZREM', KEYS[2], '', unpack(ended))
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then
  local last, began = string.match(redis.call('GET', KEYS[3]) or '', '^(%d+) (%S+)$')
  if redis.call('EXISTS', KEYS[1]) == 0 then began = nil end
  last = string.format('%.0f', tonumber(last or 0) + 1)
  redis.call('SET', KEYS[3], last .. ' ' .. (began or string.match(ARGV[1], '^%S+')))
  redis.call('ZADD', KEYS[1], last, ARGV[1])
  redis.call('ZADD', KEYS[2], ARGV[4], ARGV[1])
end
local life = tonumber(ARGV[3])
if ARGV[6] == '1' then
  local before = redis.call('GET', KEYS[4])
  if not before or tonumber(before) < tonumber(ARGV[2]) then before = ARGV[2] end
  redis.call('SET', KEYS[4], before, 'PX', math.max(redis.call('PTTL', KEYS[4]), life))
end
for n = 1, 2 do redis.call('PEXPIRE', KEYS[n], math.max(redis.call('PTTL', KEYS[n]), life)) end
return 1
`)

/** What stands beside the last number is of no log where there is none, so that one that was evicted is missed. */
const placeText = `
local function place(log, last)
  local value = redis.call('GET', last) or '0'
  if redis.call('EXISTS', log) == 0 then return string.match(value, '^%d*') end
  return value
end
`

/** KEYS: the log by number, the last number. ARGV: the last one seen, how many at most. */
export const readRevocations: Readonly<Record<Fence, Script>> = fenced(`${placeText}
local entries = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[1], '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[2])
return { fence(), place(KEYS[1], KEYS[2]), entries }
`)

/** KEYS: the log by number, the last number, then the look-up keys. Answers with the fence, the place, and what stands under each key. */
export const lookUpRevocations: Readonly<Record<Fence, Script>> = fenced(`${placeText}
local values = redis.call('MGET', unpack(KEYS, 2))
for n = 2, #values do values[n] = values[n] or '' end
values[1] = place(KEYS[1], KEYS[2])
return { fence(), values }
`)

/**
 * KEYS: failures of an address, of a subject there, when the subject was good there. ARGV: how many of each. The subject's two
 * are absent where none is claimed. Answers how long to stay away, in milliseconds.
 */
export const waitForLimit: Script = scriptOf(`
local function reached(key, limit)
  return tonumber(redis.call('GET', key) or 0) >= tonumber(limit)
end
if KEYS[2] and reached(KEYS[2], ARGV[2]) then return math.max(1, redis.call('PTTL', KEYS[2])) end
if not reached(KEYS[1], ARGV[1]) then return 0 end
if KEYS[3] and redis.call('EXISTS', KEYS[3]) == 1 then return 0 end
return math.max(1, redis.call('PTTL', KEYS[1]))
`)

/** KEYS: what is counted. ARGV: milliseconds of a window, which begins with the first count. */
export const countFailure: Script = scriptOf(`
for _, key in ipairs(KEYS) do
  if redis.call('INCR', key) == 1 then redis.call('PEXPIRE', key, ARGV[1]) end
end
return 1
`)

/** KEYS: when a subject was good. ARGV: milliseconds to remember it. */
export const rememberGood: Script = scriptOf(`return redis.call('SET', KEYS[1], '', 'PX', ARGV[1])`)

/**
 * KEYS: connections of a user, by when they count no longer. ARGV: connection, now, its end, how many a user may have, the end
 * of what is too young to be doubted, the nodes that report. Where the places are full, those of nodes that are gone are freed.
 */
export const enterConnection: Script = scriptOf(`
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[2])
local isThere = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not isThere and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[4]) then
  for _, one in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[5])) do
    local node = ' ' .. string.match(one, '^%S+') .. ' '
    if not string.find(ARGV[6], node, 1, true) then redis.call('ZREM', KEYS[1], one) end
  end
  if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[4]) then return 0 end
end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
redis.call('PEXPIRE', KEYS[1], math.max(redis.call('PTTL', KEYS[1]), math.ceil(ARGV[3] - ARGV[2])))
return 1
`)

/** KEYS: connections of a user. ARGV: connection. */
export const leaveConnection: Script = scriptOf(`return redis.call('ZREM', KEYS[1], ARGV[1])`)

/** KEYS: what each node reports, when each report ends. ARGV: node, report, now, its end. An empty report takes it away. */
export const reportNode: Script = scriptOf(`
for _, node in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[3])) do
  redis.call('HDEL', KEYS[1], node)
  redis.call('ZREM', KEYS[2], node)
end
if ARGV[2] == '' then
  redis.call('HDEL', KEYS[1], ARGV[1])
  redis.call('ZREM', KEYS[2], ARGV[1])
else
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
  redis.call('ZADD', KEYS[2], ARGV[4], ARGV[1])
end
for n = 1, 2 do redis.call('PEXPIRE', KEYS[n], math.ceil(ARGV[4] - ARGV[3])) end
return 1
`)

/** KEYS: what each node reports, when each report ends. ARGV: now. Answers with node after report, of those that have not ended. */
export const readNodes: Script = scriptOf(`
local found = {}
for _, node in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. ARGV[1], '+inf')) do
  found[#found + 1] = node
  found[#found + 1] = redis.call('HGET', KEYS[1], node) or ''
end
return found
`)
