import { expect, it } from 'vitest'
import { clientFrame, Opcode, readServerFrame, serverFrameBytes } from './frames.ts'

it.each([0, 5, 125, 126, 1_024, 65_535])('a client frame of %d bytes unmasks to its payload', (size) => {
  const frame = clientFrame('x'.repeat(size), Opcode.binary)
  const head = size > 125 ? 4 : 2
  const mask = frame.subarray(head, head + 4)
  const payload = Buffer.from(frame.subarray(head + 4).map((byte, index) => byte ^ (mask[index % 4] ?? 0)))
  expect(payload.toString()).toBe('x'.repeat(size))
  expect(mask.every((byte) => byte !== 0)).toBe(true)
})

it('a fragment is not final', () => {
  expect(clientFrame('x', Opcode.text, false)[0]).toBe(Opcode.text)
  expect(clientFrame('x')[0]).toBe(0x80 | Opcode.text)
})

it('server frames are read one after the other, and an incomplete one is waited for', () => {
  const data = Buffer.concat([Buffer.from([0x81, 2]), Buffer.from('hi'), Buffer.from([0x82, 126, 0, 200])])
  const first = readServerFrame(data, 0)
  expect(first?.payload.toString()).toBe('hi')
  expect(first?.end).toBe(serverFrameBytes(2))
  expect(readServerFrame(data, first?.end ?? 0)).toBeUndefined()
  const whole = Buffer.concat([data, Buffer.alloc(200)])
  expect(readServerFrame(whole, 4)).toMatchObject({ opcode: Opcode.binary, end: 4 + serverFrameBytes(200) })
})
