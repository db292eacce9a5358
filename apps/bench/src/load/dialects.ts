import { createEncoder, toUint8Array, writeVarString, writeVarUint } from 'lib0/encoding'
import { clientFrame, Opcode, serverFrameBytes } from './frames.ts'
import type { Script } from './raw-client.ts'

/** How one kind of client gets in, and what an echo is to it. */
export interface Dialect {
  script(token: string): Script
  /** A message of `size` bytes, and how many bytes of the server answer it. Those in flight at once differ in `slot`. */
  echo(size: number, slot: number): { readonly frame: Buffer; readonly replyBytes: number }
}

interface RequestOptions {
  readonly path?: string
  readonly headers?: readonly string[]
}

/** An upgrade request with the headers that browsers and `ws` send (RFC 6455 §4.1). */
export function upgradeRequest({ path = '/ws', headers = [] }: RequestOptions = {}): Buffer {
  const lines = [
    `GET ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
    ...headers,
  ]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)
}

const plainRequest: Buffer = upgradeRequest()

function plainEcho(size: number): { frame: Buffer; replyBytes: number } {
  return { frame: clientFrame('x'.repeat(size)), replyBytes: serverFrameBytes(size) }
}

function accepts(marker: string): (payload: Buffer) => boolean {
  return (payload) => payload.includes(marker)
}

/** No credential: in with the 101. */
export const bare: Dialect = { script: () => ({ request: plainRequest }), echo: plainEcho }

/** `Authorization: Bearer` in the upgrade request: in with the 101. */
export const header: Dialect = {
  script: (token) => ({ request: upgradeRequest({ headers: [`Authorization: Bearer ${token}`] }) }),
  echo: plainEcho,
}

/** The credential as a query parameter: in with the 101. */
export function query(param: string): Dialect {
  return {
    script: (token) => ({ request: upgradeRequest({ path: `/ws?${param}=${encodeURIComponent(token)}` }) }),
    echo: plainEcho,
  }
}

/** Recipe R2: `{"type":"auth","token":"…"}` after the 101, in with `auth_ok`. */
export const firstMessage: Dialect = {
  script: (token) => ({
    request: plainRequest,
    opening: clientFrame(JSON.stringify({ type: 'auth', token })),
    accepts: accepts('"auth_ok"'),
  }),
  echo: plainEcho,
}

/** The same as a wsauth client of version 1 says it. */
export const firstMessageV1: Dialect = {
  script: (token) => ({
    request: plainRequest,
    opening: clientFrame(JSON.stringify({ type: 'auth', token, v: 1 })),
    accepts: accepts('"auth_ok"'),
  }),
  echo: plainEcho,
}

/** Engine.IO 4 and Socket.IO 5, WebSocket from the start: `40` with the token, in with the server's `40`. */
export const socketIo: Dialect = {
  script: (token) => ({
    request: upgradeRequest({ path: '/socket.io/?EIO=4&transport=websocket' }),
    opening: clientFrame(`40${JSON.stringify({ token })}`),
    accepts: (payload) => payload[0] === 0x34 && payload[1] === 0x30,
  }),
  echo(size) {
    const text = `42${JSON.stringify(['message', 'x'.repeat(size)])}`
    return { frame: clientFrame(text), replyBytes: serverFrameBytes(text.length) }
  },
}

/** graphql-transport-ws: `connection_init`, in with `connection_ack`; an echo is one query. */
export const graphql: Dialect = {
  script: (token) => ({
    request: upgradeRequest({ headers: ['Sec-WebSocket-Protocol: graphql-transport-ws'] }),
    opening: clientFrame(JSON.stringify({ type: 'connection_init', payload: { token } })),
    accepts: accepts('"connection_ack"'),
  }),
  echo(size, slot) {
    const echo = 'x'.repeat(size)
    const id = String(slot).padStart(3, '0')
    const payload = { query: 'query ($text: String!) { echo(text: $text) }', variables: { text: echo } }
    const next = JSON.stringify({ id, type: 'next', payload: { data: { echo } } })
    const complete = JSON.stringify({ id, type: 'complete' })
    return {
      frame: clientFrame(JSON.stringify({ id, type: 'subscribe', payload })),
      replyBytes: serverFrameBytes(next.length) + serverFrameBytes(complete.length),
    }
  },
}

const hocuspocusDocument = 'bench'

function hocuspocusMessage(type: number, ...parts: readonly (string | number)[]): Uint8Array {
  const encoder = createEncoder()
  writeVarString(encoder, hocuspocusDocument)
  writeVarUint(encoder, type)
  for (const part of parts) {
    if (typeof part === 'string') writeVarString(encoder, part)
    else writeVarUint(encoder, part)
  }
  return toUint8Array(encoder)
}

/** Hocuspocus 4: an auth message (2) with a token (0) for one document; an echo is a stateless message (5). */
export const hocuspocus: Dialect = {
  script: (token) => ({
    request: plainRequest,
    opening: clientFrame(hocuspocusMessage(2, 0, token, '4'), Opcode.binary),
    accepts: accepts('read-write'),
  }),
  echo(size) {
    const message = hocuspocusMessage(5, 'x'.repeat(size))
    return { frame: clientFrame(message, Opcode.binary), replyBytes: serverFrameBytes(message.length) }
  },
}
