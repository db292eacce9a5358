import { expect, it } from 'vitest'
import { parseSay } from './room-messages.ts'

it('reads what a page says', () => {
  expect(parseSay('{"type":"say","id":"a-1","text":"hello","more":1}')).toEqual({
    type: 'say',
    id: 'a-1',
    text: 'hello',
  })
})

it.each([
  '',
  'hello',
  '[]',
  'null',
  '{"type":"said","id":"1","text":"x"}',
  '{"type":"say","id":"","text":"x"}',
  '{"type":"say","id":"a b","text":"x"}',
  '{"type":"say","id":1,"text":"x"}',
  '{"type":"say","id":"1","text":"  "}',
  `{"type":"say","id":"1","text":"${'x'.repeat(2_001)}"}`,
  '{"__proto__":{"type":"say","id":"1","text":"x"}}',
])('does not take %s for a message', (text) => {
  expect(parseSay(text)).toBeUndefined()
})
