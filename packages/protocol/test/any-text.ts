import fc, { type Arbitrary, type StringConstraints } from 'fast-check'

const codePoint = fc.oneof(fc.nat(0x7f), fc.nat(0x10_ffff)).map((point) => String.fromCodePoint(point))

/**
 * Any text, lone surrogates and control characters included. fast-check has such a `unit` too, but works out a second long
 * what it consists of, in each file that asks for it.
 */
export function anyText(constraints: Omit<StringConstraints, 'unit'> = {}): Arbitrary<string> {
  return fc.string({ ...constraints, unit: codePoint })
}
