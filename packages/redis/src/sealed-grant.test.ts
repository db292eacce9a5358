import type { TicketGrant } from '@wsauth/server'
import { describe, expect, it } from 'vitest'
import { seal, ticketNames, unseal } from './sealed-grant.ts'

const grant: TicketGrant = { principal: { userId: 'ada', claims: { name: 'Ada' } }, path: '/ws' }
const names = ticketNames('key-of-a-ticket')

describe('SECURITY 27 a grant that only its ticket opens', () => {
  it('comes back as it was', () => {
    expect(unseal(seal(grant, names), names)).toEqual(grant)
  })

  it('is written differently each time, and says nothing', () => {
    const texts = [seal(grant, names), seal(grant, names)]
    expect(texts[0]).not.toBe(texts[1])
    for (const text of texts) expect(Buffer.from(text, 'base64url').toString('latin1')).not.toContain('ada')
  })

  it('has a name that does not lead back', () => {
    expect(names.id).toMatch(/^[\w-]{43}$/)
    expect(names.id).not.toBe(names.sealingKey.toString('base64url'))
    expect(ticketNames('key-of-another').id).not.toBe(names.id)
  })

  it.each([
    ['nothing', ''],
    ['too little', 'AAAA'],
    ['another one', seal(grant, ticketNames('key-of-another'))],
    ['a changed one', `A${seal(grant, names).slice(1)}A`],
    ['something else', Buffer.alloc(100).toString('base64url')],
  ])('opens to nothing for %s, and does not throw', (_, text) => {
    expect(unseal(text, names)).toBeUndefined()
  })
})
