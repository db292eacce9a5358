import { seededRandom } from '@wsauth/protocol/testing'
import { describe, expect, it } from 'vitest'
import { PreAuthBudget } from './pre-auth-budget.ts'

const limits = { preAuthBytes: 100_000, preAuthFragments: 3 }

/** A masked frame of `length` zero bytes. */
function frame(opcode: number, fin: boolean, length: number): Buffer {
  const first = (fin ? 0x80 : 0) | opcode
  const long = Buffer.alloc(8)
  long.writeBigUInt64BE(BigInt(length))
  const size =
    length < 126
      ? Buffer.from([0x80 | length])
      : length < 65_536
        ? Buffer.concat([Buffer.from([0xfe]), long.subarray(6)])
        : Buffer.concat([Buffer.from([0xff]), long])
  return Buffer.concat([Buffer.from([first]), size, Buffer.alloc(4 + length)])
}

const whole = [frame(1, true, 5), frame(2, true, 300), frame(1, true, 70_000), frame(9, true, 0)]
const pieces = [frame(1, false, 1), frame(0, false, 200), frame(0, true, 66_000 - 65_000)]

describe('PreAuthBudget', () => {
  it('counts an upgrade request beyond 2 KiB, since that is kept as well', () => {
    const usual = new PreAuthBudget({ ...limits, preAuthBytes: 10 }, 2_048)
    expect(usual.take(Buffer.alloc(10, 0x80))).toBe(undefined)
    const large = new PreAuthBudget({ ...limits, preAuthBytes: 10 }, 2_049)
    expect(large.take(Buffer.alloc(9, 0x80))).toBe(undefined)
    expect(large.take(Buffer.alloc(1))).toBe('message_too_big')
  })

  it('counts bytes, framing included', () => {
    const budget = new PreAuthBudget({ ...limits, preAuthBytes: 10 })
    expect(budget.take(Buffer.alloc(10, 0x80))).toBe(undefined)
    expect(budget.take(Buffer.alloc(1))).toBe('message_too_big')
  })

  it.each([1, 2, 7, 1_000_000])(
    'counts the pieces of fragmented messages, read %d bytes at a time',
    (step) => {
      const budget = new PreAuthBudget(limits)
      const take = (bytes: Buffer) => {
        let verdict: string | undefined
        for (let at = 0; at < bytes.length; at += step) verdict ??= budget.take(bytes.subarray(at, at + step))
        return verdict
      }
      expect(take(Buffer.concat(whole))).toBe(undefined)
      expect(take(Buffer.concat(pieces))).toBe(undefined)
      expect(take(frame(1, true, 0))).toBe(undefined)
      expect(take(frame(1, false, 0))).toBe('policy_violation')
    },
  )

  it('takes any bytes in any cut without a throw', () => {
    const random = seededRandom(7)
    for (let run = 0; run < 2_000; run++) {
      const budget = new PreAuthBudget(limits)
      for (let chunk = 0; chunk < 5; chunk++) {
        budget.take(
          Buffer.from(Array.from({ length: Math.floor(random() * 40) }, () => Math.floor(random() * 256))),
        )
      }
    }
  })
})
