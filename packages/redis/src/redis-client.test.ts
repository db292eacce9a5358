import { expect, it, vi } from 'vitest'
import { RedisFleet } from './fleet.ts'
import { RedisLimiter } from './limiter.ts'
import { RedisRevocations } from './revocations.ts'
import { RedisTicketStore } from './ticket-store.ts'

const runs = { eval: async () => undefined, evalSha: async () => undefined }

it.each<[string, object, RegExp]>([
  ['no client', {}, /`client` is undefined; give/],
  ['the URL of one', { client: 'redis://127.0.0.1' }, /`client` is a string; give/],
  ['the promise of one', { client: Promise.resolve(runs) }, /`client` is a promise: await it/],
  ['a client of another kind', { client: { get() {}, set() {} } }, /`client` has no eval, no evalSha; give/],
])('refuses %s when a store is made, and says what to give', (_, options, message) => {
  for (const Store of [RedisTicketStore, RedisRevocations, RedisLimiter, RedisFleet]) {
    const make = () => Reflect.construct(Store, [options])
    expect(make).toThrow(TypeError)
    expect(make).toThrow(message)
  }
})

it.each<[string, new (options: never) => object, object, RegExp]>([
  [
    'a time of text',
    RedisTicketStore,
    { commandTimeoutMs: '2s' },
    /`commandTimeoutMs` is "2s"; give milliseconds/,
  ],
  ['no time', RedisFleet, { reportEveryMs: 0 }, /`reportEveryMs` is 0/],
  ['no time to renew', RedisFleet, { renewEveryMs: -1 }, /`renewEveryMs` is -1/],
  ['NaN', RedisRevocations, { rereadMs: Number.NaN }, /`rereadMs` is NaN/],
  ['a life of text', RedisRevocations, { maxLifetimeMs: '1d' }, /`maxLifetimeMs`/],
  ['another fence', RedisTicketStore, { fence: 'runid' }, /`fence` is "runid"; write 'run_id' or 'none'/],
  ['no fence that is known', RedisRevocations, { fence: false }, /`fence` is false/],
  [
    'another word',
    RedisRevocations,
    { onOutage: 'Allow' },
    /`onOutage` is "Allow"; write 'refuse' or 'allow'/,
  ],
  ['true', RedisLimiter, { onOutage: true }, /`onOutage` is true/],
  ['permit', RedisFleet, { onOutage: 'permit' }, /`onOutage` is "permit"/],
  ['durability misspelt', RedisRevocations, { durability: { replica: 1 } }, /`durability` is such as/],
  ['durability as true', RedisRevocations, { durability: true }, /`durability` is such as/],
  ['half a replica', RedisRevocations, { durability: { replicas: 0.5 } }, /`durability` is such as/],
  ['fewer than none', RedisRevocations, { durability: { replicas: -1 } }, /`durability` is such as/],
  ['replicas as text', RedisRevocations, { durability: { replicas: '1' } }, /`durability` is such as/],
  ['a disk as text', RedisRevocations, { durability: { aof: 'yes' } }, /`durability` is such as/],
  ['no time for it', RedisRevocations, { durability: { timeoutMs: 0 } }, /`durability.timeoutMs` is 0/],
])('refuses %s as an option', (_, Store, options, message) => {
  const client = { ...runs, publish: async () => 0, duplicate: () => client }
  expect(() => Reflect.construct(Store, [{ client, ...options }])).toThrow(message)
})

it.each<[new (options: never) => { close(): unknown }, object]>([
  [RedisTicketStore, { fence: 'none', now: Date.now }],
  [RedisLimiter, { failuresPerAddress: 1, failuresPerSubject: 1, onOutage: 'allow' }],
  [RedisFleet, { nodeId: 'a', reportEveryMs: 1e6, renewEveryMs: 1e6, onOutage: 'allow', now: Date.now }],
  [
    RedisRevocations,
    {
      ...{ onOutage: 'allow', durability: { replicas: 1 }, maxLifetimeMs: 1e6, fence: 'none', rereadMs: 1e6 },
      ...{ warn() {}, now: Date.now },
    },
  ],
])('warns of an option of %o that does not exist, and of none that does', async (Store, options) => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const client = { ...runs, publish: async () => 0, duplicate: () => client, on() {}, subscribe() {} }
  const given = { client, prefix: 'app:', commandTimeoutMs: 1_000, ...options }
  await Reflect.construct(Store, [given]).close?.()
  expect(warn).not.toHaveBeenCalled()
  await Reflect.construct(Store, [{ ...given, onOutrage: 'allow' }]).close?.()
  expect(warn).toHaveBeenCalledExactlyOnceWith(
    expect.stringContaining(`${Store.name}: no such option: onOutrage; it does nothing. There are client, `),
    'WsauthWarning',
  )
  warn.mockRestore()
})

it('refuses a client for revocations that cannot listen, such as a pool', () => {
  const make = () => Reflect.construct(RedisRevocations, [{ client: runs }])
  expect(make).toThrow(/`client` has no publish, no duplicate; give a single connection, /)
})
