import { describe, expect, it } from 'vitest'
import { endless } from '../support/clients.ts'
import { FakeWebSocket } from '../support/fake-web-socket.ts'
import { playClass } from '../support/sockets-of.ts'
import { authOk, control } from '../support/stage.ts'

// How long a socket of the class lives: it does not refresh, so it ends with its credential, and with a dead link (PROTOCOL 5.5, 5.7).

async function opened(answer: object) {
  const { make, settle, clock } = playClass()
  const played = make()
  await settle()
  const under = FakeWebSocket.last
  under.open()
  under.receive(answer)
  return { ...played, under, settle, clock, played }
}

describe('the end of the credential', () => {
  it('is the end of the socket: nothing is sent from then on', async () => {
    const { socket, under, clock, played } = await opened({ ...endless, expiresInMs: 60_000 })
    await clock.advanceAsync(59_999)
    socket.send('in time')
    expect([socket.readyState, under.sent.at(-1)]).toEqual([1, 'in time'])
    await clock.advanceAsync(1)
    expect([socket.readyState, under.readyState, played.told]).toEqual([3, 2, ['open 1', 'close 3']])
    expect(played.end).toMatchObject({ code: 4002, reason: 'Token expired', action: 'refresh' })
    expect(clock.pending).toBe(0)
  })

  it('that passed in sleep: nothing is sent before it is noticed', async () => {
    const { socket, under, clock } = await opened({ ...endless, expiresInMs: 60_000 })
    clock.sleep(60_000)
    socket.send('late')
    expect(under.sent).toHaveLength(1)
  })

  it.each([undefined, null, '60000'])('that is %o does not come', async (expiresInMs) => {
    const { socket, clock } = await opened({ ...endless, expiresInMs })
    await clock.advanceAsync(86_400_000)
    expect(socket.readyState).toBe(1)
  })

  it('is none in version 0', async () => {
    const { socket, clock } = await opened({ ...authOk, v: undefined, expiresInMs: 1_000 })
    await clock.advanceAsync(86_400_000)
    expect(socket.readyState).toBe(1)
  })
})

describe('a link that is silent', () => {
  it('for two heartbeats is dead', async () => {
    const { socket, under, clock, played } = await opened({ ...endless, heartbeatMs: 25_000 })
    for (const data of ['hello', control({ type: 'ping' }), new ArrayBuffer(1)]) {
      await clock.advanceAsync(49_999)
      under.receive(data)
      socket.send('what the client says does not count')
    }
    await clock.advanceAsync(49_999)
    expect(socket.readyState).toBe(1)
    await clock.advanceAsync(1)
    expect(played.end).toMatchObject({ code: 1006, reason: 'Timeout: open', action: 'retry' })
  })

  it.each([undefined, 0, -1, '25000', null])('is none where the heartbeat is %o', async (heartbeatMs) => {
    const { socket, clock } = await opened({ ...endless, heartbeatMs })
    await clock.advanceAsync(86_400_000)
    expect(socket.readyState).toBe(1)
  })
})
