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

function request(signal: AbortSignal = new AbortController().signal) {
  return { refused: undefined as string | undefined, signal }
}

const ask = async () => {
  asked.push('asked')
  return `token-${asked.length}`
}

it('eight tabs at once make one call', async () => {
  const tabs = Array.from({ length: 8 }, () => join('eight'))
  const tokens = await Promise.all(tabs.map((tab) => tab.share(request(), ask)))
  expect(tokens).toEqual(Array.from({ length: 8 }, () => 'token-1'))
  expect(asked).toHaveLength(1)
})

it('a token is used once by each tab, and never where it is the refused one', async () => {
  const [one, two] = [join('once'), join('once')]
  await Promise.all([one.share(request(), ask), two.share(request(), ask)])
  expect(await one.share(request(), ask)).toBe('token-2')
  const refused = { ...request(), refused: 'token-2' }
  expect(await two.share(refused, ask)).toBe('token-3')
})

it('a call that fails lets the next tab ask', async () => {
  const [one, two] = [join('failing'), join('failing')]
  const results = await Promise.allSettled([
    one.share(request(), () => Promise.reject(new Error('offline'))),
    two.share(request(), ask),
  ])
  expect(results).toMatchObject([{ status: 'rejected' }, { status: 'fulfilled', value: 'token-1' }])
})

it('a tab that is no longer interested leaves the queue', async () => {
  const [one, two] = [join('leaving'), join('leaving')]
  const leaving = new AbortController()
  let answer = (_token: string) => {}
  const slow = one.share(request(), () => new Promise<string>((resolve) => (answer = resolve)))
  const gone = expect(two.share(request(leaving.signal), ask)).rejects.toThrow()
  leaving.abort()
  await gone
  answer('slow')
  expect(await slow).toBe('slow')
})

it('there are no tabs outside of a page', () => {
  vi.unstubAllGlobals()
  expect(joinTabs('nowhere')).toBeUndefined()
})
