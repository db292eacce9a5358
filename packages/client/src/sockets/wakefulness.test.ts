import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { authOk, play } from '../../test/support/stage.ts'
import { watchWakefulness } from './wakefulness.ts'

/** A page: events reach the window first, whoever they are for. */
const page: EventTarget & { visibilityState?: string } = new EventTarget()

beforeEach(() => {
  page.visibilityState = 'visible'
  vi.stubGlobal('window', page)
  vi.stubGlobal('document', page)
})
afterEach(() => {
  vi.unstubAllGlobals()
})

it.each(['online', 'offline', 'pageshow', 'visibilitychange', 'resume'])(
  'hears %s, until it stops',
  (type) => {
    const woke = vi.fn()
    const stop = watchWakefulness(woke)
    page.dispatchEvent(new Event(type))
    page.visibilityState = 'hidden'
    page.dispatchEvent(new Event(type))
    page.visibilityState = 'visible'
    stop()
    page.dispatchEvent(new Event(type))
    expect(woke).toHaveBeenCalledTimes(1)
  },
)

it('a page that slept past the end of its token reconnects and sends nothing with it', async () => {
  const { client, clock, open, told } = play()
  const socket = await open({ ...authOk, heartbeatMs: undefined })
  clock.sleep(1_000_000)
  page.dispatchEvent(new Event('resume'))
  expect(told.at(-1)).toMatchObject(['close', { code: 4002, action: 'refresh' }])
  client.send('waits')
  expect(socket.sent).toHaveLength(1)
  client.close()
})

it('a page that is back on the network dials soon, and not at once', async () => {
  const { client, clock, open, socket } = play({ reconnect: { minDelayMs: 20_000 } })
  await open()
  const first = socket()
  first.end()
  expect(client.state).toBe('waiting')
  page.dispatchEvent(new Event('online'))
  await clock.advanceAsync(499)
  expect(client.state).toBe('waiting')
  await clock.advanceAsync(1)
  expect(client.state).toBe('connecting')
  client.close()
})

it('a time that the server named holds for a page that wakes, too', async () => {
  const { client, clock, open, socket } = play()
  await open()
  socket().end(4029, 'Too many attempts; retry-after-ms=60000')
  page.dispatchEvent(new Event('online'))
  await clock.advanceAsync(59_999)
  expect(client.state).toBe('waiting')
  client.close()
  expect(clock.pending).toBe(0)
})
