import { expect, it } from 'vitest'
import { handshakes } from '../src/load/handshakes.ts'
import { hold } from '../src/load/hold.ts'
import { type PeerName, peer } from '../src/peers.ts'
import { ServerProcess } from '../src/server-process.ts'
import { createIssuer } from '../src/tokens.ts'

const count = 1_000
const timeoutMs = 60_000

/** What one connection keeps alive, by two heap snapshots; no clock is involved, so a busy machine changes nothing. */
async function perConnection(name: PeerName, kind: 'authenticated' | 'pending') {
  const { job, tokens } = createIssuer('HS256')
  const sources = ['--conditions=wsauth:source']
  const server = await ServerProcess.start(name, { ...job, deadlineMs: 600_000 }, sources)
  try {
    const { dialect } = peer(name)
    await handshakes(server, tokens({ count }).map(dialect.script))
    const before = await server.objects()
    const scripts = tokens({ count, users: 'other' }).map(dialect.script)
    const clients = await hold(
      server,
      kind === 'pending' ? scripts.map(({ request }) => ({ request })) : scripts,
    )
    const after = await server.objects()
    for (const client of clients) client.destroy()
    return {
      objects: (after.objects - before.objects) / count,
      bytes: (after.bytes - before.bytes) / count,
    }
  } finally {
    await server.stop()
  }
}

// What was reached, and a little for other versions of Node: who needs more has to say so here.
it.each([
  { name: 'wsauth', kind: 'authenticated', objects: 22, bytes: 1_250 },
  { name: 'wsauth-v1', kind: 'authenticated', objects: 22, bytes: 1_250 },
  { name: 'wsauth-header', kind: 'authenticated', objects: 22, bytes: 1_250 },
  { name: 'wsauth', kind: 'pending', objects: 26, bytes: 1_550 },
] as const)(
  '$name, $kind: at most $objects objects and $bytes bytes more than bare ws',
  { timeout: timeoutMs },
  async ({ name, kind, objects, bytes }) => {
    const bare = await perConnection('bare', kind)
    const ours = await perConnection(name, kind)
    const more = { objects: ours.objects - bare.objects, bytes: ours.bytes - bare.bytes }
    expect(more.objects).toBeLessThanOrEqual(objects)
    expect(more.bytes).toBeLessThanOrEqual(bytes)
  },
)
