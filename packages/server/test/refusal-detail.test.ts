import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { FakeClock } from '@wsauth/protocol/testing'
import {
  type AuthFailEvent,
  cookie,
  firstMessage,
  header,
  MemoryTicketStore,
  query,
  ticket,
  ticketEndpoint,
} from '@wsauth/server'
import { afterEach, describe, expect, it } from 'vitest'
import { dial, start, stopAll, verifier } from './support.ts'

type Setup = Parameters<typeof start>[0]
type Dialling = { readonly path?: string; readonly headers?: Record<string, string>; readonly first?: string }

/** What `auth_fail` says of one client. */
async function told(setup: Setup, { path = '', headers = {}, first }: Dialling): Promise<AuthFailEvent> {
  const { wss, url } = await start(setup)
  const failed = once(wss, 'auth_fail')
  const client = dial(`${url}${path}`, [], { headers })
  client.socket.on('error', () => {})
  if (first !== undefined) client.socket.on('open', () => client.send(first))
  const [event] = await failed
  return event
}

afterEach(stopAll)

describe('auth_fail tells the operator why', () => {
  it.each<[string, Setup, Dialling, string]>([
    [
      'a page that is not listed',
      { origins: ['https://app.example'] },
      { headers: { origin: 'http://localhost:5173' } },
      'not an Origin of auth.origins',
    ],
    [
      'two credentials',
      { methods: [header(), query()] },
      { path: '?token=good:ada', headers: { authorization: 'Bearer good:ada' } },
      'more than one credential came',
    ],
    [
      'a header that is not one token',
      {},
      { headers: { authorization: 'Bearer a b' } },
      'the credential is malformed, or there twice',
    ],
    [
      'no credential where no message may bring one',
      { methods: [header(), cookie()], origins: [] },
      {},
      'no credential came by header() or cookie()',
    ],
    [
      'a token that is too long',
      { limits: { tokenBytes: 10 } },
      { headers: { authorization: `Bearer ${'x'.repeat(11)}` } },
      'the credential is longer than auth.limits.tokenBytes',
    ],
    ['no token', {}, { first: '{"type":"auth","token":""}' }, 'the credential is empty'],
    [
      'a verifier that finds nobody',
      { verifier: () => undefined as never },
      { headers: { authorization: 'Bearer x' } },
      'the verifier answered with nobody',
    ],
    [
      'a query token that lives on',
      { methods: [query()], verifier: () => ({ userId: 'ada' }) },
      { path: '?token=x' },
      'the token lives longer than maxRemainingLifeMs of query() allows',
    ],
    ['what is no ticket', { methods: [ticket()] }, { path: '?ticket=x' }, 'not a ticket'],
    [
      'a ticket that nobody has',
      { methods: [ticket()] },
      { path: `?ticket=${'x'.repeat(43)}` },
      'the ticket was used, has ended, or is of another store',
    ],
  ])('%s', async (_, setup, dialling, detail) => {
    expect(await told(setup, dialling)).toMatchObject({ detail })
  })

  it.each<[string, object, Dialling, string]>([
    ['page', {}, { headers: { origin: 'https://b.example' } }, 'the ticket is for another Origin'],
    ['path', { path: '/ws' }, { headers: { origin: 'https://a.example' } }, 'the ticket is for another path'],
  ])('a ticket for another %s', async (_, body, dialling, detail) => {
    const store = new MemoryTicketStore()
    const endpoint = ticketEndpoint({ verifier, store, origins: ['https://a.example'] })
    const headers = { origin: 'https://a.example', authorization: 'Bearer good:ada' }
    const request = new Request('http://endpoint.invalid/', {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const { ticket: made } = (await (await endpoint(request)).json()) as { ticket: string }
    const event = await told({ methods: [ticket({ store })] }, { ...dialling, path: `?ticket=${made}` })
    expect(event).toMatchObject({ detail })
  })

  it('a first message that is none of ours, and how many there were', async () => {
    const clock = new FakeClock()
    const { wss, url } = await start({ clock, methods: [firstMessage()] })
    const failed = once(wss, 'auth_fail')
    const client = dial(url)
    await once(client.socket, 'open')
    client.send('{"type":"authenticate","token":"good:ada"}')
    client.socket.ping()
    // The answer to the ping says that the message before it was read.
    await once(client.socket, 'pong')
    clock.advance(5_000)
    expect((await failed)[0].detail).toBe(
      'no credential came by firstMessage(); 1 message(s) came that are no {"type":"auth","token":"…"}',
    )
  })
})

it('wsauth:auth_fail tells whom a ticket endpoint refuses, and why', async () => {
  const endpoint = ticketEndpoint({ verifier, origins: ['https://app.example'] })
  const ask = (headers: Record<string, string>) =>
    endpoint(new Request('http://x.invalid/', { method: 'POST', headers }), { address: '192.0.2.1' })
  const heard: unknown[] = []
  const listener = (event: unknown) => heard.push(event)
  subscribe('wsauth:auth_fail', listener)
  await ask({ authorization: 'Bearer good:ada' })
  await ask({ authorization: 'Bearer planted' })
  await ask({ 'x-requested-with': 'fetch' })
  await ask({ authorization: 'Bearer planted', origin: 'https://evil.example' })
  unsubscribe('wsauth:auth_fail', listener)
  const told = { error: 'invalid_token', address: '192.0.2.1', path: '' }
  expect(heard).toEqual([
    { ...told, detail: 'ticketEndpoint: invalid_token' },
    { ...told, detail: 'ticketEndpoint: no credential came' },
    {
      ...told,
      error: 'access_denied',
      origin: 'https://evil.example',
      detail: 'ticketEndpoint: not an Origin of its `origins`',
    },
  ])
})
