import { afterEach, describe, expect, it } from 'vitest'
import type { Served } from '../src/job.ts'
import { echoes } from '../src/load/echo.ts'
import { handshakes } from '../src/load/handshakes.ts'
import { Mint } from '../src/load/mint.ts'
import { type PeerName, peer, peers } from '../src/peers.ts'
import { createIssuer } from '../src/tokens.ts'

const names = Object.keys(peers) as PeerName[]
const served: Served[] = []

afterEach(async () => {
  for (const server of served.splice(0)) await server.close()
})

async function start(name: PeerName, algorithm: 'HS256' | 'ES256' | 'EdDSA' = 'HS256') {
  const issuer = createIssuer(algorithm)
  const server = await (await peer(name).load()).serve(issuer.job)
  served.push(server)
  return { ...issuer, port: server.port }
}

describe('every peer', () => {
  it.each(names.filter((name) => !name.startsWith('tickets') && !name.startsWith('expiry')))(
    '%s lets a good token in and echoes',
    async (name) => {
      const { port, tokens } = await start(name)
      const { dialect } = peer(name)
      await handshakes({ port }, tokens({ count: 3 }).map(dialect.script))
      for (const size of [64, 1_024]) {
        const options = { dialect, size, inFlight: 4, tokens: tokens({ count: 2 }), durationMs: 50 }
        const { run, close } = await echoes({ port }, options)
        // At least the first flight, all of it whole: the answers have the length that the generator counts with.
        expect(await run()).toBeGreaterThanOrEqual(2 * options.inFlight)
        close()
      }
    },
  )

  // Socket.IO and Hocuspocus say no and leave the connection open.
  const open = ['bare', 'bare-first-message', 'socket-io', 'hocuspocus']
  it.each(names.filter((name) => !name.startsWith('tickets') && !open.includes(name)))(
    '%s refuses a token of another issuer',
    async (name) => {
      const { port } = await start(name)
      const foreign = createIssuer('HS256').tokens({ count: 1 }).map(peer(name).dialect.script)
      await expect(handshakes({ port }, foreign)).rejects.toThrow('refused')
    },
  )

  it.each(['wsauth', 'wsauth-header', 'recipe-jose', 'fastify'] as const)(
    '%s verifies ES256 and EdDSA',
    async (name) => {
      for (const algorithm of ['ES256', 'EdDSA'] as const) {
        const { port, tokens } = await start(name, algorithm)
        await handshakes({ port }, tokens({ count: 2 }).map(peer(name).dialect.script))
      }
    },
  )

  it.each(names.filter((name) => name.startsWith('tickets') && !name.endsWith('redis')))(
    '%s mints a ticket that opens once',
    async (name) => {
      const { port, tokens } = await start(name)
      const mint = new Mint({ port })
      const [token = ''] = tokens({ count: 1 })
      const script = peer(name).dialect.script(await mint.ticket(Mint.request(token)))
      mint.close()
      await handshakes({ port }, [script])
      await expect(handshakes({ port }, [script])).rejects.toThrow('refused')
    },
  )
})
