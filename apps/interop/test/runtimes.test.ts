// The built packages in the runtimes that they are said to run in: both ends in Node's versions, Bun and Deno, the client in
// Workers. The programs are in src/runtimes/programs.

import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { eventually } from '../src/eventually.ts'
import { type Running, runIn } from '../src/runtimes/run.ts'
import { type RuntimeName, requireRuntime } from '../src/runtimes/runtimes.ts'
import { type Bundler, serveWorker } from '../src/runtimes/worker.ts'

const withServer: RuntimeName[] = ['node-20', 'node-22', 'node-24', 'node-26', 'bun', 'deno']
const ways = ['firstMessage', 'header', 'query', 'subprotocol', 'ticket']
/** A WebSocket of the standard takes no headers. */
const waysWithoutHeader = ways.filter((way) => way !== 'header')

/** What an application sees, whichever way its token travels. */
const seen = {
  talk: {
    answers: ['waits in the outbox', '1,2,3', 'renewed', 'and again'],
    reasons: ['connect', 'refresh', 'connect'],
    closes: ['1006 retry', '1000 stop'],
  },
  refused: [
    'connect, refused before: none',
    'refresh',
    'refused, refused before: bad-token-1',
    'stop',
    'closed',
  ],
  class: ['open chat', 'text', '4,5', 'close 1000 bye true'],
}
const seenBy = (names: readonly string[]) => Object.fromEntries(names.map((way) => [way, seen]))

interface Server extends Running {
  readonly port: string
}

async function serve(name: RuntimeName): Promise<Server> {
  const server = runIn(name, 'server.js')
  const [, port = ''] = (await server.line(/^listening/)).split(' ')
  return { ...server, port }
}

const tokenOf = async (port: string, userId = 'ada'): Promise<string> =>
  (await fetch(`http://127.0.0.1:${port}/token?userId=${userId}`)).text()

describe.each(withServer)('%s', (name) => {
  describe.skipIf(!requireRuntime(name))('has both ends', () => {
    it('by every way in: messages, a refresh, a restart, a refusal, and an end without a timer left', async () => {
      const server = await serve(name)
      const client = runIn(name, 'alone.js', { PORT: server.port, WAYS: ways.join() })
      expect(await client.ended()).toEqual({ code: 0, errors: '' })
      expect(JSON.parse(client.lines.join())).toEqual(seenBy(ways))
      expect([...new Set(server.lines.filter((line) => line.startsWith('auth_ok')))]).toEqual(
        ways.map((way) => `auth_ok ${way} ada`),
      )
      await order(server.port, 'stop', 'auth_ok')
      expect(await server.ended()).toEqual({ code: 0, errors: '' })
      expect(server.lines.at(-1)).toBe('left 0 0')
    })

    it('delivers nothing before the token and nothing after its end, whoever does not listen', async () => {
      const server = await serve(name)
      const peer = await open(server.port)
      peer.send('before the token')
      peer.send(JSON.stringify({ type: 'auth', token: await tokenOf(server.port, 'brief') }))
      peer.send('with the token')
      await server.line(/^auth_expired/)
      peer.send('after its end')
      await peer.leave()
      expect(peer.received()).toContain('Token expired')
      await order(server.port, 'stop', 'auth_ok')
      await server.ended()
      expect(server.lines.filter((line) => line.startsWith('message'))).toEqual([
        'message with the token',
        'message stop',
      ])
    })

    it('survives what an async listener rejects with: its own connection is closed', async () => {
      const server = await serve(name)
      for (const _ of [1, 2]) await order(server.port, 'fail', 'Internal error')
      await eventually(() =>
        expect(server.lines.filter((line) => line === 'hook_error message')).toHaveLength(2),
      )
    })

    it('takes a session cookie, from a listed page alone', async () => {
      const { port } = await serve(name)
      const Cookie = `session=${await tokenOf(port)}`
      expect(await handshake(port, { Cookie, Origin: 'https://app.example' })).toContain('"userId":"ada"')
      expect(await handshake(port, { Cookie, Origin: 'https://evil.example' })).toContain('Forbidden')
    })

    it('require() gives what import() gives, without a warning', async () => {
      const program = runIn(name, 'required.cjs')
      expect(await program.ended()).toEqual({ code: 0, errors: '' })
      expect(program.lines).toEqual(['true true'])
    })
  })
})

describe.each(['bun', 'deno'] as const)('%s', (name) => {
  it.skipIf(!requireRuntime(name))('has a client over its own WebSocket', async () => {
    const { port } = await serve('node-24')
    const client = runIn(name, 'alone.js', { PORT: port, WAYS: waysWithoutHeader.join(), SOCKET: 'own' })
    expect(await client.ended()).toEqual({ code: 0, errors: '' })
    expect(JSON.parse(client.lines.join())).toEqual(seenBy(waysWithoutHeader))
  })
})

describe.skipIf(!requireRuntime('workerd'))('Workers', () => {
  it.each<Bundler>(['wrangler', 'vite'])('have a client, bundled as by %s', async (bundler) => {
    const { port } = await serve('node-24')
    const folder = await mkdtemp(join(tmpdir(), 'worker-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const worker = await serveWorker(folder, bundler)
    const at = JSON.parse(await worker.line(/"event":"listen"/)).port
    const response = await fetch(`http://127.0.0.1:${at}/?port=${port}&ways=${waysWithoutHeader}`)
    expect(await response.json()).toEqual({
      ...seenBy(waysWithoutHeader),
      header: expect.stringContaining('Use firstMessage()'),
    })
  })
})

/** A frame of text, masked with zeros. */
function frame(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const head = length < 126 ? [0x80 | length] : [0x80 | 126, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([0x81, ...head, 0, 0, 0, 0]), Buffer.from(text)])
}

/** A peer that goes on as it likes, whatever it is told. */
async function open(port: string, headers: Record<string, string> = {}) {
  const socket = connect(Number(port), '127.0.0.1')
  let received = ''
  socket.on('data', (chunk) => {
    received += chunk
  })
  socket.on('error', () => {})
  const gone = new Promise((resolve) => socket.on('close', resolve))
  const lines = {
    Host: 'localhost',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    ...headers,
  }
  const fields = Object.entries(lines).map(([field, value]) => `${field}: ${value}\r\n`)
  socket.write(`GET /ws HTTP/1.1\r\n${fields.join('')}\r\n`)
  await new Promise((resolve) => socket.once('data', resolve))
  return {
    send: (text: string) => socket.write(frame(text)),
    received: () => received,
    /** Resolves when the server has read all that was sent, and let go. */
    leave: () => {
      socket.end()
      return gone
    },
  }
}

/** Signs in and tells the server what to do, which it answers. */
async function order(port: string, what: string, answer: string): Promise<void> {
  const peer = await open(port)
  peer.send(JSON.stringify({ type: 'auth', token: await tokenOf(port) }))
  peer.send(what)
  await eventually(() => expect(peer.received()).toContain(answer))
  await peer.leave()
}

/** Connects as version 1 does with a credential in the opening handshake; gives the server's first message. */
async function handshake(port: string, headers: Record<string, string>): Promise<string> {
  const peer = await open(port, { 'Sec-WebSocket-Protocol': 'wsauth.v1', ...headers })
  await eventually(() => expect(peer.received()).toMatch(/\{"type":"auth_\w+"|Forbidden/))
  await peer.leave()
  return peer.received()
}
