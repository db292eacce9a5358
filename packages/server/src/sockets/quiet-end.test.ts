import { Duplex } from 'node:stream'
import { expect, it } from 'vitest'
import { quietEnd } from './quiet-end.ts'

function duplexWith(listener: () => void): Duplex {
  const raw = new Duplex({ allowHalfOpen: true, read() {}, write: (_chunk, _encoding, done) => done() })
  raw.on('end', listener)
  quietEnd(raw)
  return raw
}

it('tells ws of the end of a peer that left without a closing handshake', () => {
  let told = 0
  const raw = duplexWith(function socketOnEnd() {
    told += 1
  })
  raw.emit('end')
  expect(told).toBe(1)
})

it('tells it nothing once the socket was ended from here', () => {
  let told = 0
  const raw = duplexWith(function socketOnEnd() {
    told += 1
  })
  raw.end()
  raw.emit('end')
  expect(told).toBe(0)
})

it('leaves the listeners of others alone', () => {
  let told = 0
  const raw = duplexWith(function another() {
    told += 1
  })
  raw.end()
  raw.emit('end')
  expect(told).toBe(1)
})
