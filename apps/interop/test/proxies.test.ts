import { once } from 'node:events'
import { request } from 'node:https'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { AuthClient } from '@wsauth/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { requireProgram } from '../../../packages/config/src/programs.ts'
import { listenToClient } from '../src/heard.ts'
import { type RunningProxy, startProxy } from '../src/proxies/proxy.ts'
import { signToken } from '../src/stack.ts'
import { type OpenHouse, optionsFor, startOpenHouse, ways } from '../src/ways-in.ts'

const names = ['nginx', 'haproxy'] as const

describe.each(names)('behind %s', (name) => {
  const program = requireProgram(name)
  const openssl = requireProgram('openssl')

  describe.skipIf(!program || !openssl)('with TLS, forwarded addresses and its log', () => {
    // Tokens that nobody else uses, so that any trace of them in the log is ours.
    const token = signToken('ada')
    const refused = signToken('eve', { algorithm: 'HS384' })
    const secrets: string[] = [token, refused]
    const authorities = getCACertificates('default')
    let house: OpenHouse
    let proxy: RunningProxy
    let url: string
    let ticketUrl: string

    beforeAll(async () => {
      house = await startOpenHouse({ auth: () => ({ trustProxy: ['127.0.0.1'] }) })
      proxy = await startProxy(name, program ?? '', house.port)
      setDefaultCACertificates([...authorities, proxy.certificate.certificate])
      url = `wss://localhost:${proxy.port}/ws`
      ticketUrl = `https://localhost:${proxy.port}/ticket`
    })
    afterAll(async () => {
      setDefaultCACertificates(authorities)
      await house.close()
    })

    /** The proxy takes connections from this address, which is not its own. */
    const outside = { localAddress: '127.0.0.2' }

    it.each(ways)('%s gets in, and the server sees where from', async (way) => {
      const known = once(house.wss, 'auth_ok')
      const client = new AuthClient(url, optionsFor(way, token, ticketUrl, outside))
      const next = listenToClient(client)
      expect(await next()).toEqual({ data: 'hello ada' })
      client.send('one')
      expect(await next()).toEqual({ data: 'one' })
      expect((await known)[0]).toMatchObject({ userId: 'ada', address: '127.0.0.2' })
      client.close()
      await next()
    })

    it.each(ways)('%s with a bad token is refused', async (way) => {
      const client = new AuthClient(url, {
        ...optionsFor(way, refused, ticketUrl, outside),
        reconnect: false,
      })
      expect(await listenToClient(client)()).toMatchObject({ action: 'refresh' })
      client.close()
    })

    it('an HTTP refusal comes through as it is', async () => {
      const options = optionsFor('header', refused, ticketUrl, outside)
      const client = new AuthClient(url, { ...options, version: 0, reconnect: false })
      expect(await listenToClient(client)()).toMatchObject({
        action: 'refresh',
        reason: expect.stringContaining('401'),
      })
      client.close()
    })

    it('what a client claims of its address changes nothing', async () => {
      const known = once(house.wss, 'auth_ok')
      const headers = {
        'X-Forwarded-For': '203.0.113.9, 127.0.0.1',
        Forwarded: 'for=203.0.113.9',
        'X-Real-IP': '203.0.113.9',
      }
      const client = new AuthClient(url, optionsFor('header', token, ticketUrl, { ...outside, headers }))
      await client.ready()
      expect((await known)[0]).toMatchObject({ address: '127.0.0.2' })
      client.close()
    })

    it('nor does it past the proxy, from an address that is not trusted', async () => {
      const known = once(house.wss, 'auth_ok')
      const headers = { 'X-Forwarded-For': '203.0.113.9' }
      const options = optionsFor('header', token, ticketUrl, { localAddress: '127.0.0.3', headers })
      const client = new AuthClient(`ws://127.0.0.1:${house.port}/ws`, options)
      await client.ready()
      expect((await known)[0]).toMatchObject({ address: '127.0.0.3' })
      client.close()
    })

    it('the log tells who came when, and holds no secret: not where the server is away either', async () => {
      // A ticket that was fetched and not yet used is worth as much as a token.
      const ticket = await fetchTicket(ticketUrl, token)
      secrets.push(ticket)
      await house.close()
      const places: [string, string[], Record<string, string>][] = [
        [`${url}?token=${token}`, [], {}],
        [`${url}?ticket=${ticket}`, [], {}],
        [url, [token], {}],
        [url, [], { Cookie: `session=${token}`, Referer: `https://app.example/?ticket=${ticket}` }],
        [url, [], { Authorization: `Bearer ${token}` }],
      ]
      const knocks = places.map(async ([to, protocols, headers]) => {
        const [error] = await once(new WebSocket(to, protocols, { ...outside, headers }), 'error')
        expect(error.message).toMatch(/Unexpected server response: 50\d/)
      })
      await Promise.all(knocks)

      const log = await proxy.stop()
      expect(log.match(/127\.0\.0\.2.*"GET \/ws HTTP\/1\.1"? 101/g)?.length).toBeGreaterThan(ways.length)
      for (const secret of secrets) expect(log).not.toContain(secret)
      for (const piece of secrets.flatMap(piecesOf)) expect(log).not.toContain(piece)
    })
  })
})

it.skipIf(!requireProgram('nginx') || !requireProgram('openssl'))(
  'nginx with a log of its own making does write tokens down: the search above finds what is there',
  async () => {
    const proxy = await startProxy('nginx', requireProgram('nginx') ?? '', 1, (recipe) =>
      recipe.replace('access.log no_secrets', 'access.log combined'),
    )
    const token = signToken('ada')
    const url = `wss://localhost:${proxy.port}/ws?token=${token}`
    await once(new WebSocket(url, { ca: proxy.certificate.certificate }), 'error')
    expect(await proxy.stop()).toContain(token)
  },
)

/** The parts of a secret that nobody would write by chance: what stands after the header of a JWT, in pieces. */
function piecesOf(secret: string): string[] {
  const unique = secret.split('.').slice(1).join('.') || secret
  return unique.match(/.{12}/g) ?? []
}

async function fetchTicket(url: string, token: string): Promise<string> {
  const asked = request(url, { method: 'POST', headers: { Authorization: `Bearer ${token}` } })
  asked.end()
  const [response] = await once(asked, 'response')
  let text = ''
  for await (const chunk of response) text += chunk
  return JSON.parse(text).ticket
}
