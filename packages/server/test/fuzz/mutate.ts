import { between } from '@wsauth/protocol/testing'

type Random = () => number

/** Bytes that parsers trip over. */
const awkward: readonly Buffer[] = [
  '\u0000',
  '\ufeff',
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\\u0000',
  '\\ud800',
  '__proto__',
  'constructor',
  'type',
  '"auth"',
  '"token":',
  '1e400',
  '-0',
  'null',
  '\r\n',
  ' ',
  '\u2028',
  'Bearer ',
  'Authorization: ',
]
  .map((text) => Buffer.from(text))
  .concat([
    Buffer.from([0xff]),
    Buffer.from([0xed, 0xa0, 0x80]),
    Buffer.from([0xc0, 0x80]),
    Buffer.alloc(200, '['),
  ])

/** The same bytes with one to eight things done to them: flipped, cut out, doubled, moved, or something awkward put in. */
export function mutated(random: Random, bytes: Buffer, other: Buffer = bytes): Buffer {
  let result = Buffer.from(bytes)
  for (let round = between(random, 1, 8); round > 0; round--) result = once(random, result, other)
  return result
}

function once(random: Random, bytes: Buffer, other: Buffer): Buffer<ArrayBuffer> {
  const at = between(random, 0, bytes.length)
  const end = Math.min(bytes.length, at + between(random, 1, 12))
  const before = bytes.subarray(0, at)
  switch (between(random, 0, 6)) {
    case 0: {
      const flipped = Buffer.from(bytes)
      if (at < flipped.length) flipped[at] = (flipped[at] ?? 0) ^ (1 << between(random, 0, 7))
      return flipped
    }
    case 1:
      return Buffer.concat([before, bytes.subarray(end)])
    case 2:
      return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)])
    case 3:
      return Buffer.from(before)
    case 4:
      return Buffer.concat([before, other.subarray(between(random, 0, other.length))])
    case 5:
      return Buffer.concat([before, Buffer.from([between(random, 0, 255)]), bytes.subarray(end)])
    default: {
      const piece = awkward[between(random, 0, awkward.length - 1)] ?? Buffer.alloc(0)
      return Buffer.concat([before, piece, bytes.subarray(at)])
    }
  }
}
