/** Client frames, built ahead of time so that sending one costs the load generator a `write` and nothing else. */

// Not zero: `ws` skips the unmasking for a mask of zeros, and the servers shall do all of their work.
const mask = Buffer.from([0x5a, 0x17, 0xc3, 0x9e])

export const Opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** One masked frame (RFC 6455 §5.2), final unless told. */
export function clientFrame(
  payload: string | Uint8Array,
  opcode: number = Opcode.text,
  final = true,
): Buffer {
  const data = typeof payload === 'string' ? Buffer.from(payload) : payload
  const long = data.length > 125
  if (data.length > 0xffff) throw new RangeError('longer than this generator needs')
  const frame = Buffer.alloc((long ? 4 : 2) + 4 + data.length)
  frame[0] = (final ? 0x80 : 0) | opcode
  frame[1] = 0x80 | (long ? 126 : data.length)
  if (long) frame.writeUInt16BE(data.length, 2)
  const start = long ? 8 : 6
  mask.copy(frame, start - 4)
  for (const [index, byte] of data.entries()) frame[start + index] = byte ^ (mask[index % 4] ?? 0)
  return frame
}

/** Close with 1000. */
export const closeFrame: Buffer = clientFrame(Buffer.from([0x03, 0xe8]), Opcode.close)

/** How many bytes a server's frame of that payload has: servers do not mask. */
export function serverFrameBytes(payloadBytes: number): number {
  return payloadBytes + (payloadBytes > 125 ? 4 : 2)
}

export interface ServerFrame {
  readonly opcode: number
  readonly payload: Buffer
  /** Where the next frame starts. */
  readonly end: number
}

/** The server's frame that starts at `start`, or nothing while it is incomplete. */
export function readServerFrame(data: Buffer, start: number): ServerFrame | undefined {
  if (data.length < start + 2) return undefined
  const first = data[start] ?? 0
  const short = data[start + 1] ?? 0
  const head = short < 126 ? 2 : short === 126 ? 4 : 10
  if (data.length < start + head) return undefined
  const bytes =
    short < 126
      ? short
      : short === 126
        ? data.readUInt16BE(start + 2)
        : Number(data.readBigUInt64BE(start + 2))
  const end = start + head + bytes
  if (data.length < end) return undefined
  return { opcode: first & 0x0f, payload: data.subarray(start + head, end), end }
}
