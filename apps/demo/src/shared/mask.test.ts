import { describe, expect, it } from 'vitest'
import { mask } from './mask.ts'

const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl'

describe('mask', () => {
  it.each([
    [`{"type":"auth","token":"${jwt}","v":1}`, ['{"type":"auth","token":"', '","v":1}']],
    [`{"type":"auth","token":"not a jwt"}`, ['{"type":"auth","token":"', '"}']],
    [`Authorization: Bearer ${jwt}`, ['Authorization: Bearer ']],
    [`ws://localhost/ws?token=${jwt}&tab=1`, ['ws://localhost/ws?token=', '&tab=1']],
    ['ws://localhost/ws?ticket=abc', ['ws://localhost/ws?ticket=']],
    ['wsauth.v1, wsauth.bearer.ZXlKaGJH', ['wsauth.v1, wsauth.bearer.']],
    [`say ${jwt} aloud`, ['say ', ' aloud']],
  ])('takes the credential out of %s', (text, kept) => {
    expect(mask(text).filter((piece) => typeof piece === 'string')).toEqual(kept)
  })

  it('tells how much was taken out, and leaves the rest alone', () => {
    expect(mask(`{"token":"${jwt}"}`)).toContainEqual({ hidden: jwt.length })
    expect(mask('{"type":"auth_ok","userId":"alice"}')).toEqual(['{"type":"auth_ok","userId":"alice"}'])
  })
})
