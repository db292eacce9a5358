import { expect, it } from 'vitest'
import { bytesEach } from '../test/support/heap.ts'
import { shareTexts } from './header-texts.ts'

it('what a request says is unchanged', () => {
  const said = [
    ...[
      'Host',
      'chat.example',
      'UPGRADE',
      'WebSocket',
      'upgrade',
      'websocket',
      'Connection',
      'keep-alive, Upgrade',
    ],
    ...['__proto__', 'constructor', 'X-Own', '', '', 'x', 'Authorization', 'Bearer abc', 'Accept', '*'],
  ]
  const shared = [...said]
  shareTexts(shared)
  expect(shared).toEqual(said)
})

it('a request that is kept takes less than half', () => {
  const said = [
    ...['Host', 'Connection', 'keep-alive, Upgrade', 'sec-websocket-version', '13', 'Accept-Encoding'],
    ...['gzip, deflate, br, zstd', 'Sec-WebSocket-Extensions', 'permessage-deflate; client_max_window_bits'],
  ]
  // As the parser makes them: each text anew.
  const parsed = () => said.map((text) => Buffer.from(text).toString())
  const shared = () => {
    const rawHeaders = parsed()
    shareTexts(rawHeaders)
    return rawHeaders
  }
  expect(bytesEach(5_000, shared)).toBeLessThan(bytesEach(5_000, parsed) / 2)
})
