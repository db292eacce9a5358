import { expect, it } from 'vitest'
import { asking, lasting, living, playing, tokensSent } from '../support/clients.ts'
import { FakeWebSocket } from '../support/fake-web-socket.ts'
import { playClass } from '../support/sockets-of.ts'
import { control } from '../support/stage.ts'

// What the application does from inside what it is told, or between two things that belong together. Found by random-life.test.ts.

const refused = { type: 'auth_fail', error: 'invalid_token', action: 'refresh' }

it('closed in the listener of auth_ok: no open is told', async () => {
  const { client, open, of } = playing()
  client.on('auth_ok', () => client.close())
  await open()
  expect([of('open'), of('state')]).toEqual([[], ['connecting', 'authenticating', 'open', 'closed']])
})

it('closed in the listener of a refused refresh: the provider is not asked once more', async () => {
  const { client, open, asked, settle, socket } = living()
  await open(lasting)
  client.reauthenticate()
  await settle()
  client.on('auth_fail', () => client.close())
  socket().receive(control(refused))
  await settle()
  expect(asked).toEqual(['connect', 'refresh'])
})

it('closed during a refresh: its call is aborted at once, and how it ends is not told', async () => {
  const { client, open, call, answer, of, settle } = asking()
  await settle()
  await answer('one')
  await open(lasting)
  client.reauthenticate()
  await settle()
  client.close()
  expect(call().signal.aborted).toBe(true)
  call().fail(new Error('offline'))
  await settle()
  expect(of('error')).toEqual([])
})

it('P6 a token that was refused just now is not presented by who dials before the end of its connection', async () => {
  const { client, settle, socket, of } = playing({ token: () => 'the-same-token' })
  await settle()
  socket().open()
  socket().receive(refused)
  client.reauthenticate()
  await settle()
  expect(FakeWebSocket.made.map(tokensSent)).toEqual([['the-same-token']])
  expect(of('close')).toMatchObject([{ action: 'stop' }])
})

it('P6 nor by another socket of the class', async () => {
  const { make, settle } = playClass({ token: () => 'the-same-token' })
  make()
  await settle()
  FakeWebSocket.last.open()
  FakeWebSocket.last.receive(refused)
  const other = make()
  await settle()
  expect(FakeWebSocket.made).toHaveLength(1)
  expect(other.end).toMatchObject({ action: 'stop' })
})

it('P7 what is sent after connect() in the listener of `closed` waits for that connection', async () => {
  const { client, open, of, sent, socket } = playing()
  await open(lasting)
  client.once('state', () => {
    client.connect()
    client.send('for the next one')
  })
  socket().end(4003, 'Forbidden')
  await open(lasting)
  expect([of('dropped'), sent()]).toEqual([[], ['for the next one']])
})

it('closed while its call waits for another one, which hangs: no timer is left', async () => {
  const { make, settle, clock } = playClass({ token: () => new Promise(() => {}) })
  const sockets = [make(), make()]
  await settle()
  for (const { socket } of sockets) socket.close()
  await settle()
  expect(clock.pending).toBe(0)
})
