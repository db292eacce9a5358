import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { joinTabs } from './sockets/tabs.ts'
import type { Tabs } from './tabs.ts'
import { type TokenSource, tokenSource } from './token-source.ts'

// What tabs share, and what each of them keeps to itself. Node has Web Locks and BroadcastChannel, so only the page is made up.

const joined: Tabs[] = []

beforeEach(() => {
  vi.stubGlobal('document', {})
})
afterEach(() => {
  for (const tabs of joined.splice(0)) tabs.leave()
  vi.unstubAllGlobals()
})

interface Tab extends TokenSource {
  /** What the provider was told each time. */
  readonly asked: unknown[]
}

/** A tab whose provider gives these tokens, one after the other, and then hangs. */
function tab(name: string, ...tokens: string[]): Tab {
  const asked: unknown[] = []
  const source = tokenSource(({ reason, refused }) => {
    asked.push([reason, refused])
    return tokens.shift() ?? new Promise(() => {})
  }, 10_000)
  source.tabs = joinTabs(name)
  if (source.tabs) joined.push(source.tabs)
  return Object.assign(source, { asked })
}

const signal = new AbortController().signal

it('a call that hangs holds nobody up once it is called off', async () => {
  const [one, two] = [tab('hanging'), tab('hanging', 'token-of-two')]
  const leaving = new AbortController()
  const gone = expect(one.get('connect', leaving.signal)).rejects.toBeTruthy()
  const token = two.get('connect', signal)
  // The lock is had by now.
  await vi.waitFor(() => expect(one.asked).toHaveLength(1))
  leaving.abort()
  await gone
  expect(await token).toBe('token-of-two')
})

it('P6 a refusal of what another tab had is not the second: the own provider is asked, with its own last one named', async () => {
  const [one, two] = [tab('heard', 'own-1', 'own-2', 'own-3'), tab('heard', 'heard')]
  expect(await one.get('connect', signal)).toBe('own-1')
  one.accept()
  // The others learn of `own-1`, so two has its own one.
  expect(await two.get('connect', signal)).toBe('own-1')
  expect(await two.get('connect', signal)).toBe('heard')

  expect(one.after('refresh', 'own-1', true)).toBe('refresh')
  expect(await one.get('connect', signal)).toBe('heard')
  expect(one.after('refresh', 'heard')).toBe('refresh')
  expect(await one.get('connect', signal)).toBe('own-2')
  expect(one.asked).toEqual([
    ['connect', undefined],
    ['refused', 'own-1'],
  ])
  // Of the own ones the second is final, as ever.
  expect(one.after('refresh', 'own-2')).toBe('stop')
})

it('P6 what was refused here is not taken from another tab', async () => {
  const [one, two] = [tab('again', 'same', 'own'), tab('again', 'first', 'same')]
  expect(await one.get('connect', signal)).toBe('same')
  one.after('refresh', 'same')
  expect(await two.get('connect', signal)).toBe('same')
  expect(await two.get('connect', signal)).toBe('first')
  expect(await two.get('connect', signal)).toBe('same')
  expect(await one.get('connect', signal)).toBe('own')
})

it('P6 an empty token is nobody else’s: refused twice, it is the end', async () => {
  const one = tab('empty', '', '')
  for (const action of ['refresh', 'stop']) {
    expect(await one.get('connect', signal)).toBe('')
    expect(one.after('refresh', '')).toBe(action)
  }
})
