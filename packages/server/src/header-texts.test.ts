import { expect, it } from 'vitest'
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
