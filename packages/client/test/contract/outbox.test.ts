import { describe, expect, it } from 'vitest'
import { endless, playing } from '../support/clients.ts'
import { FakeWebSocket } from '../support/fake-web-socket.ts'
import { authOk } from '../support/stage.ts'

// What waits until the client is open, for whom, and how much of it (DESIGN 6).

describe('outbox', () => {
  it('keeps text and bytes of every kind, in order, over a loss of the connection', async () => {
    const { client, clock, open, sent } = playing()
    const all = [
      'text',
      new ArrayBuffer(2),
      new Uint8Array([1]),
      new DataView(new ArrayBuffer(3)),
      new Blob(['b']),
      '',
    ]
    const socket = await open()
    socket.end(1006)
    for (const data of all) client.send(data)
    await clock.advanceAsync(500)
    await open()
    // A Blob in itself looks different when it was copied.
    const read = (data: unknown[]) => Promise.all(data.map((one) => (one instanceof Blob ? one.text() : one)))
    expect(await read(sent())).toEqual(await read(all))
  })

  it('what was sent on a connection that is lost is not sent again', async () => {
    const { client, clock, open, sent } = playing()
    const socket = await open()
    client.send('once')
    socket.end(1006)
    await clock.advanceAsync(500)
    await open()
    expect(sent()).toEqual([])
  })

  it.each([
    ['ArrayBuffer', new ArrayBuffer(1_048_577)],
    ['typed array', new Uint8Array(1_048_577)],
    ['typed array of larger numbers', new Float64Array(131_073)],
    ['DataView', new DataView(new ArrayBuffer(1_048_577))],
    ['text of more bytes than characters', '€'.repeat(349_526)],
    ['Blob', new Blob([new Uint8Array(1_048_577)])],
    ['text', 'x'.repeat(1_048_577)],
  ])('a %s of more than 1 MiB is an error to the caller, and nothing of it is kept', async (_, data) => {
    const { client, open, sent } = playing()
    expect(() => client.send(data)).toThrow(/outbox/)
    client.send('small')
    await open()
    expect(sent()).toEqual(['small'])
  })

  it('has all of its room again after it was sent, and nothing is counted while open', async () => {
    const { client, clock, open, sent } = playing()
    for (let round = 0; round < 2; round++) {
      for (let n = 0; n < 256; n++) client.send('x'.repeat(4_096))
      expect(() => client.send('')).toThrow(/outbox/)
      const socket = await open(endless)
      expect(sent()).toHaveLength(256)
      for (let n = 0; n < 300; n++) client.send('x'.repeat(4_096))
      expect(sent()).toHaveLength(556)
      socket.end(1006)
      await clock.advanceAsync(500)
    }
  })

  it('P7 is for one user: dropped, told and counted when another is there; kept for the same', async () => {
    const { client, clock, open, of, sent } = playing()
    client.send('before anybody')
    const first = await open()
    expect(sent()).toEqual(['before anybody'])
    first.end(1006)
    client.send('for alice')
    await clock.advanceAsync(500)
    const second = await open()
    expect(sent()).toEqual(['for alice'])
    second.end(1006)
    client.send('for alice 1')
    client.send('for alice 2')
    await clock.advanceAsync(5_000)
    await open({ ...authOk, userId: 'bob' })
    expect(sent()).toEqual([])
    expect(of('dropped')).toEqual([{ count: 2, reason: 'user_changed' }])
    client.send('for bob')
    expect(sent()).toEqual(['for bob'])
  })

  it('P7 nothing that another user wrote is sent in a listener’s way either', async () => {
    const { client, clock, open, sent } = playing()
    const first = await open()
    first.end(1006)
    client.send('for alice')
    client.on('state', (state) => state === 'open' && client.send('for whoever is there now'))
    client.on('dropped', () => client.send('instead'))
    await clock.advanceAsync(500)
    await open({ ...authOk, userId: 'bob' })
    expect(sent()).not.toContain('for alice')
  })

  it('is emptied, told and counted at a stop of the server, too', async () => {
    const { client, settle, of } = playing()
    client.send('one')
    client.send('two')
    await settle()
    FakeWebSocket.last.open()
    FakeWebSocket.last.end(4003, 'Forbidden')
    expect(of('dropped')).toEqual([{ count: 2, reason: 'stopped' }])
    expect(() => client.send('three')).toThrow(/connect\(\)/)
  })

  it('an empty one drops nothing, and says nothing', async () => {
    const { client, open, of } = playing()
    await open()
    client.close()
    expect(of('dropped')).toEqual([])
  })

  it.each([
    ['an object', { type: 'hello' }],
    ['an array', ['hello']],
    ['a number', 5],
    ['null', null],
    ['undefined', undefined],
    ['a boolean', false],
  ])('%s is a TypeError to the caller, in every state, and nothing of it is kept', async (_, data) => {
    const { client, open, sent } = playing()
    const send = () => client.send(data as never)
    expect(send).toThrow(TypeError)
    const socket = await open()
    expect(send).toThrow(TypeError)
    socket.end(1006)
    expect(send).toThrow(TypeError)
    client.close()
    expect(send).toThrow(TypeError)
    expect([socket.sent.length, sent()]).toEqual([1, []])
  })

  it('one that the socket does not take is told; those after it are sent, on the same connection', async () => {
    class Picky extends FakeWebSocket {
      override send(data: unknown): void {
        if (data instanceof Blob) throw new TypeError('No Blobs')
        super.send(data)
      }
    }
    const { client, open, of, sent } = playing({ WebSocket: Picky })
    for (const data of ['1', new Blob(['2']), '3']) client.send(data)
    await open()
    expect([client.state, sent(), of('close')]).toEqual(['open', ['1', '3'], []])
    expect(of('error')).toEqual([expect.objectContaining({ message: 'No Blobs' })])
  })

  it('what is sent while the server’s Close is answered waits for the next connection', async () => {
    const { client, clock, open, sent } = playing()
    const socket = await open()
    socket.readyState = 2
    client.send('important')
    expect([client.state, sent()]).toEqual(['open', []])
    socket.end(1012)
    await clock.advanceAsync(500)
    await open()
    expect(sent()).toEqual(['important'])
  })

  it.each([
    ['an ArrayBuffer', new Uint8Array([1, 2]).buffer],
    ['a typed array', new Uint8Array([1, 2])],
    ['a part of one', new Uint8Array([0, 1, 2, 3]).subarray(1, 3)],
  ])('%s that is changed afterwards is sent as it was', async (_, data) => {
    const { client, open, sent } = playing()
    client.send(data)
    new Uint8Array(data instanceof ArrayBuffer ? data : data.buffer).fill(9)
    await open()
    const [first] = sent() as [typeof data]
    expect([...new Uint8Array(first)]).toEqual([1, 2])
  })
})
