import { Buffer } from 'node:buffer'

/** What one connection does to the server. */
export interface Attack {
  /** The user that it may become, if any: nobody has a right to what is delivered to another. */
  readonly user?: string
  /** Texts that the application may get, in this order, if it gets any. */
  readonly mayDeliver?: readonly string[]
  /** The upgrade request and what follows it, written one after the other. */
  readonly writes: readonly Buffer[]
  /** Whether the peer hangs up after the last write; else it waits for the server to do so. */
  readonly hangsUp: boolean
}

/** How an attack is kept in the corpus. */
export interface KeptAttack {
  readonly why: string
  readonly user?: string
  readonly mayDeliver?: readonly string[]
  readonly writes: readonly string[]
  readonly hangsUp: boolean
}

export function kept(why: string, { writes, ...rest }: Attack): KeptAttack {
  return { why, ...rest, writes: writes.map((bytes) => bytes.toString('base64')) }
}

export function attackOf({ why: _, writes, ...rest }: KeptAttack): Attack {
  return { ...rest, writes: writes.map((text) => Buffer.from(text, 'base64')) }
}

export interface FrameShape {
  readonly opcode?: number
  readonly fin?: boolean
  /** The three reserved bits. */
  readonly rsv?: number
  readonly masked?: boolean
  /** What the header says instead of the payload's length. */
  readonly saysLength?: number
}

const mask = Buffer.from([0x12, 0x34, 0x56, 0x78])

/** One frame of a client (RFC 6455 §5.2), right unless the shape says otherwise. */
export function frameOf(payload: Buffer | string, shape: FrameShape = {}): Buffer {
  const { opcode = 1, fin = true, rsv = 0, masked = true } = shape
  const bytes = Buffer.from(payload)
  const length = shape.saysLength ?? bytes.length
  const first = (fin ? 0x80 : 0) | ((rsv & 7) << 4) | (opcode & 0x0f)
  const bit = masked ? 0x80 : 0
  let header: Buffer
  if (length < 126) header = Buffer.from([first, bit | length])
  else if (length < 65_536) header = Buffer.from([first, bit | 126, length >> 8, length & 0xff])
  else {
    header = Buffer.alloc(10)
    header[0] = first
    header[1] = bit | 127
    header.writeBigUInt64BE(BigInt(length), 2)
  }
  if (!masked) return Buffer.concat([header, bytes])
  return Buffer.concat([header, mask, bytes.map((byte, i) => byte ^ (mask[i % 4] ?? 0))])
}

/** An upgrade request that is in order, with more header fields. */
export function requestOf(target = '/', headers: readonly string[] = []): Buffer {
  const lines = [
    `GET ${target} HTTP/1.1`,
    'Host: localhost',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
    ...headers,
  ]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)
}
