import { expect, it } from 'vitest'
import { FakeSocket } from './fake-socket.ts'

it('writes down what was sent and how it was closed', () => {
  const socket = new FakeSocket()
  socket.send('a')
  socket.close(4001, 'Authentication timeout')
  socket.send('b')
  socket.close(1000, '')
  expect(socket.sent).toEqual(['a'])
  expect(socket.closed).toEqual({ code: 4001, reason: 'Authentication timeout' })
})

it('sends nothing and does not close once it was terminated', () => {
  const socket = new FakeSocket()
  socket.terminate()
  socket.send('a')
  socket.close(1000, '')
  expect([socket.sent, socket.closed, socket.terminated]).toEqual([[], undefined, true])
})

it.each([0, 999, 1004, 1005, 1006, 1015, 2999, 5000, Number.NaN])('refuses to close with %s', (code) => {
  expect(() => new FakeSocket().close(code, '')).toThrow(RangeError)
})

it.each([1000, 1001, 1011, 1014, 3000, 4999])('closes with %s', (code) => {
  expect(() => new FakeSocket().close(code, '')).not.toThrow()
})

it.each(['x'.repeat(124), '€'.repeat(42), '\ud800'])('refuses a reason that does not fit', (reason) => {
  expect(() => new FakeSocket().close(1000, reason)).toThrow(RangeError)
})
