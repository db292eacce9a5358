import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Tabs } from '../tabs.ts'
import { joinTabs } from './tabs.ts'

// Node has Web Locks and BroadcastChannel, so only the page is made up.
const joined: Tabs[] = []
let asked: string[] = []

beforeEach(() => {
  vi.stubGlobal('document', {})
  asked = []
})
afterEach(() => {
  for (const tabs of joined.splice(0)) tabs.leave()
  vi.unstubAllGlobals()
})

function join(name: string): Tabs {
  const tabs = joinTabs(name)
  if (!tabs) throw new Error('This runtime has no locks')
  joined.push(tabs)
  return tabs
}

function share(
  tabs: Tabs,
  ask: () => Promise<string> = asks,
  { signal, reason = 'connect', refused = [] }: Asking = {},
) {
  const request = { reason, refused: refused.at(-1), signal: signal ?? new AbortController().signal }
  return tabs.share(request, refused, ask)
}

interface Asking {
  readonly reason?: 'connect' | 'refresh' | 'refused'
  readonly refused?: readonly string[]
  readonly signal?: AbortSignal
}

const asks = async () => {
  asked.push('asked')
  return `token-${asked.length}`
}

it('eight tabs at once make one call', async () => {
  const tabs = Array.from({ length: 8 }, () => join('eight'))
  const tokens = await Promise.all(tabs.map((tab) => share(tab)))
  expect(tokens).toEqual(Array.from({ length: 8 }, () => 'token-1'))
  expect(asked).toHaveLength(1)
})

it('who asked has the token before the others are told', async () => {
  const [one, two] = [join('first'), join('first')]
  const second = vi.fn()
  const first = share(one)
  const waiting = share(two).then(second)
  await first
  expect(second).not.toHaveBeenCalled()
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  const alone = join('alone')
  expect(await share(alone)).toBe('token-2')
  vi.useRealTimers()
  await waiting
  expect(second).toHaveBeenCalledWith('token-1')
})

it('a token is used once by each tab, and never where it is a refused one', async () => {
  const [one, two] = [join('once'), join('once')]
  await Promise.all([share(one), share(two)])
  expect(two.taken).toBe('token-1')
  expect(await share(one)).toBe('token-2')
  expect(await share(two, asks, { refused: ['token-2', 'another'] })).toBe('token-3')
  expect(two.taken).toBe('token-1')
})

it('in place of a refused one a token serves while it is fresh', async () => {
  const [one, two, three] = [join('fresh'), join('fresh'), join('fresh')]
  const now = vi.spyOn(performance, 'now')
  const startMs = performance.now()
  const at = (ms: number) => now.mockReturnValue(startMs + ms)
  at(0)
  expect(await share(one)).toBe('token-1')
  at(9_000)
  expect(await share(two, asks, { reason: 'refused', refused: ['old'] })).toBe('token-1')
  // As one ahead of the old one's end it is good for longer.
  at(60_000)
  expect(await share(three, asks, { reason: 'refresh' })).toBe('token-1')
  expect(await share(one)).toBe('token-2')
  // The lock is free again when all have heard.
  await navigator.locks.request('fresh', () => {})
  at(71_000)
  expect(await share(two, asks, { reason: 'refused', refused: ['old'] })).toBe('token-3')
  now.mockRestore()
})

it('a call that fails lets the next tab ask', async () => {
  const [one, two] = [join('failing'), join('failing')]
  const results = await Promise.allSettled([
    share(one, () => Promise.reject(new Error('offline'))),
    share(two),
  ])
  expect(results).toMatchObject([{ status: 'rejected' }, { status: 'fulfilled', value: 'token-1' }])
})

it('a tab that is no longer interested leaves the queue', async () => {
  const [one, two] = [join('leaving'), join('leaving')]
  const leaving = new AbortController()
  let answer = (_token: string) => {}
  const slow = share(one, () => new Promise<string>((resolve) => (answer = resolve)))
  const gone = expect(share(two, asks, leaving)).rejects.toThrow()
  leaving.abort()
  await gone
  answer('slow')
  expect(await slow).toBe('slow')
})

it('there are no tabs outside of a page', () => {
  vi.unstubAllGlobals()
  expect(joinTabs('nowhere')).toBeUndefined()
})
