import { type AuthError, secret } from '@wsauth/protocol'
import { describe, expect, it, vi } from 'vitest'
import { nowMs } from '../../test/support/forge.ts'
import type { Principal } from '../principal.ts'
import { MemoryRevocations } from '../stores/memory-revocations.ts'
import { MemoryTicketStore } from '../stores/memory-tickets.ts'
import type { TicketGrant, TicketStore } from '../stores/ticket-store.ts'
import type { UpgradeFacts } from '../upgrade-request.ts'
import { type IssueTicketOptions, issueTicket } from './issue.ts'
import { redeemTicket, ticketKey } from './redeem.ts'

const origin = 'https://app.example'
const ada: Principal = {
  userId: 'ada',
  sessionId: 's1',
  issuedAt: nowMs - 1_000,
  expiresAt: nowMs + 600_000,
  leewayMs: 5_000,
}
const facts = (of: Partial<UpgradeFacts> = {}): UpgradeFacts => ({
  origin,
  path: '/ws',
  address: '192.0.2.1',
  addressGroup: '192.0.2.1',
  ...of,
})

/** A store, its clock, and the two ends of it. */
function setUp() {
  const time = { nowMs }
  const now = () => time.nowMs
  const store = new MemoryTicketStore({ now })
  const revocations = new MemoryRevocations({ now })
  const issue = async (of: Partial<IssueTicketOptions> = {}) =>
    (await issueTicket({ store, principal: ada, origin, now, ...of })).ticket
  const redeem = async (ticket: string, of: Partial<UpgradeFacts> = {}): Promise<string> => {
    try {
      return (await redeemTicket({ store, revocations, now }, secret(ticket), facts(of))).userId
    } catch (error) {
      return (error as AuthError).error
    }
  }
  return { time, store, revocations, issue, redeem }
}

describe('a ticket', () => {
  it('is 32 random bytes, and the store gets a hash of it', async () => {
    const put = vi.fn(async () => undefined)
    const store: TicketStore = { put, take: async () => undefined }
    const { ticket, expiresInMs } = await issueTicket({
      store,
      principal: ada,
      origin,
      path: '/ws',
      now: () => nowMs,
    })
    expect(ticket).toMatch(/^[\w-]{43}$/)
    expect(expiresInMs).toBe(30_000)
    expect(put).toHaveBeenCalledWith(
      ticketKey(ticket),
      { principal: ada, origin, path: '/ws' } satisfies TicketGrant,
      30,
    )
    expect(JSON.stringify(put.mock.calls)).not.toContain(ticket)
  })

  it('gives the principal behind it, with its end and its session', async () => {
    const { store, issue } = setUp()
    const principal = await redeemTicket({ store, now: () => nowMs }, secret(await issue()), facts())
    expect(principal).toEqual(ada)
    expect(Object.isFrozen(principal)).toBe(true)
  })

  it('made for no page, is redeemed by React Native, which names the server as its page', async () => {
    const { issue, redeem } = setUp()
    const ticket = await issue({ origin: undefined })
    expect(await redeem(ticket, { origin: 'https://api.example', isOwnOrigin: true })).toBe('ada')
  })

  it('is redeemed once, by 1,000 at once', async () => {
    const { issue, redeem } = setUp()
    const ticket = await issue()
    const verdicts = await Promise.all(Array.from({ length: 1_000 }, () => redeem(ticket)))
    expect(verdicts.filter((verdict) => verdict === 'ada')).toHaveLength(1)
    expect(verdicts.filter((verdict) => verdict === 'invalid_token')).toHaveLength(999)
  })

  it.each<[string, Partial<IssueTicketOptions>, Partial<UpgradeFacts>]>([
    ['another page', {}, { origin: 'https://evil.example' }],
    ['no page', {}, { origin: undefined }],
    ['a page, though it was made for none', { origin: undefined }, {}],
    [
      "a page of the server's host, made for another",
      {},
      { origin: 'https://api.example', isOwnOrigin: true },
    ],
    ['another path', { path: '/ws' }, { path: '/admin' }],
    ['a longer path', { path: '/ws' }, { path: '/ws/' }],
    ['the path in another case', { path: '/ws' }, { path: '/WS' }],
  ])('from %s is refused, and used up', async (_, made, presented) => {
    const { issue, redeem } = setUp()
    const ticket = await issue(made)
    expect(await redeem(ticket, presented)).toBe('invalid_token')
    const madeFor = { origin: 'origin' in made ? made.origin : origin, path: made.path ?? '/ws' }
    expect(await redeem(ticket, madeFor)).toBe('invalid_token')
  })

  it.each<[string, Partial<IssueTicketOptions>, Partial<UpgradeFacts>]>([
    ['any path, where it is bound to none', {}, { path: '/whatever' }],
    ['no page, where it was made for none', { origin: undefined }, { origin: undefined }],
    ['its path', { path: '/ws' }, {}],
  ])('from %s is taken', async (_, made, presented) => {
    const { issue, redeem } = setUp()
    const options = 'origin' in made ? { ...made } : made
    expect(await redeem(await issue(options), presented)).toBe('ada')
  })

  it('that is bound to nothing needs no request at hand; a bound one is refused without', async () => {
    const { store, issue } = setUp()
    const redeemed = async (of: Partial<IssueTicketOptions>) =>
      redeemTicket({ store, now: () => nowMs }, secret(await issue(of)), undefined).then(
        ({ userId }) => userId,
        ({ error }: AuthError) => error,
      )
    expect(await redeemed({ origin: undefined })).toBe('ada')
    expect(await redeemed({})).toBe('invalid_token')
    expect(await redeemed({ origin: undefined, path: '/ws' })).toBe('invalid_token')
  })

  it('ends with its time', async () => {
    const { time, issue, redeem } = setUp()
    const [early, late] = [await issue(), await issue()]
    time.nowMs += 29_999
    expect(await redeem(early)).toBe('ada')
    time.nowMs += 1
    expect(await redeem(late)).toBe('invalid_token')
  })

  it('ends with the token behind it', async () => {
    const { time, store, issue, redeem } = setUp()
    const principal = { ...ada, expiresAt: nowMs + 5_000, leewayMs: 0 }
    const ticket = await issue({ principal })
    await store.put('k'.repeat(43), { principal, origin }, 60)
    time.nowMs += 5_000
    expect(await redeem(ticket)).toBe('invalid_token')
    await expect(issue({ principal: { userId: 'ada', expiresAt: nowMs } })).rejects.toMatchObject({
      error: 'invalid_token',
    })
  })

  it('is refused once the session behind it was revoked', async () => {
    const { revocations, issue, redeem } = setUp()
    const ticket = await issue()
    await revocations.add({
      sessionId: 's1',
      issuedBeforeMs: nowMs,
      marginMs: 0,
      expiresAtMs: nowMs + 600_000,
    })
    expect(await redeem(ticket)).toBe('invalid_token')
  })

  it.each([
    '',
    'x',
    'a'.repeat(42),
    'a'.repeat(44),
    `${'a'.repeat(42)}=`,
    'a.b.c',
    '\u0000'.repeat(43),
    '__proto__',
  ])('like %j never reaches the store', async (ticket) => {
    const take = vi.fn(async () => undefined)
    const promise = redeemTicket({ store: { put: async () => undefined, take } }, secret(ticket), facts())
    await expect(promise).rejects.toMatchObject({ error: 'invalid_token' })
    expect(take).not.toHaveBeenCalled()
  })

  it('is temporarily unavailable where the store is, and nothing of the failure is told', async () => {
    const broken = () => Promise.reject(new Error('planted-secret'))
    const store: TicketStore = { put: broken, take: broken }
    const errors: unknown[] = await Promise.all([
      redeemTicket({ store }, secret('a'.repeat(43)), facts()).catch((error: unknown) => error),
      issueTicket({ store, principal: { userId: 'ada' } }).catch((error: unknown) => error),
    ])
    for (const error of errors) {
      expect(error).toMatchObject({
        error: 'temporarily_unavailable',
        message: 'the ticket store threw: Error',
      })
      expect(JSON.stringify(error) + (error as Error).stack).not.toContain('planted')
    }
  })

  it('whose grant came back broken is refused', async () => {
    const store: TicketStore = {
      put: async () => undefined,
      take: async () => ({ principal: {} }) as TicketGrant,
    }
    const promise = redeemTicket({ store }, secret('a'.repeat(43)), facts({ origin: undefined }))
    await expect(promise).rejects.toMatchObject({ error: 'invalid_token' })
  })

  it('is the 21st of its subject: slow_down', async () => {
    const { issue } = setUp()
    for (let n = 0; n < 20; n++) await issue()
    await expect(issue()).rejects.toMatchObject({ error: 'slow_down', details: { retryAfterMs: 30_000 } })
  })

  it.each([10_000, 60_000])('may live %d ms', async (ttlMs) => {
    const store = new MemoryTicketStore({ now: () => nowMs })
    const principal = { ...ada, expiresAt: nowMs + 60_000, leewayMs: 0 }
    expect(await issueTicket({ store, principal, ttlMs, now: () => nowMs })).toMatchObject({
      expiresInMs: ttlMs,
    })
  })

  it('lives no longer than the token behind it', async () => {
    const store = new MemoryTicketStore({ now: () => nowMs })
    const principal = { ...ada, expiresAt: nowMs + 7_000, leewayMs: 5_000 }
    expect(await issueTicket({ store, principal, now: () => nowMs })).toMatchObject({ expiresInMs: 12_000 })
  })

  it.each([0, 9_999, 60_001, Number.NaN, '30000'])('cannot live %j ms', async (ttlMs) => {
    await expect(setUp().issue({ ttlMs: ttlMs as number })).rejects.toThrow(
      /issueTicket\(\): `ttlMs` is 10_000 to 60_000/,
    )
  })

  it('cannot be made for nobody', async () => {
    await expect(setUp().issue({ principal: {} as Principal })).rejects.toThrow(/`principal` is/)
  })
})
