import { createHmac, randomBytes } from 'node:crypto'
import { isAuthError } from '@wsauth/protocol'
import { compactVerify } from 'jose'
import { expect, it } from 'vitest'
import { HmacSignatures } from './hmac.ts'
import { headerRule } from './jwt-header.ts'

const algorithms = ['HS256', 'HS384', 'HS512'] as const
const secret = randomBytes(64)
const accepts = headerRule('test', undefined)
const signatures = new HmacSignatures(secret, algorithms, accepts)

const encoded = (value: string): string => Buffer.from(value).toString('base64url')

function signed(header: string, payload: string, hash = 'sha256', key: Uint8Array = secret): string {
  const text = `${encoded(header)}.${encoded(payload)}`
  return `${text}.${createHmac(hash, key).update(text).digest('base64url')}`
}

function ours(token: string): string | undefined {
  try {
    return Buffer.from(signatures.payloadOf(token)).toString()
  } catch (error) {
    if (isAuthError(error, 'invalid_token')) return undefined
    throw error
  }
}

async function theirs(token: string): Promise<string | undefined> {
  try {
    const { payload, protectedHeader } = await compactVerify(token, secret, { algorithms: [...algorithms] })
    accepts(protectedHeader)
    return Buffer.from(payload).toString()
  } catch {
    return undefined
  }
}

const good = algorithms.map((alg) =>
  signed(`{"alg":"${alg}","typ":"JWT"}`, '{"sub":"ada"}', `sha${alg.slice(2)}`),
)

it.each(good)('takes what the secret has signed, as jose does: %#', async (token) => {
  expect(ours(token)).toBe('{"sub":"ada"}')
  expect(await theirs(token)).toBe('{"sub":"ada"}')
})

it.each([
  ['another secret', signed('{"alg":"HS256"}', '{}', 'sha256', randomBytes(64))],
  ['another hash than the header names', signed('{"alg":"HS512"}', '{}', 'sha256')],
  ['no algorithm', signed('{}', '{}')],
  ['none', signed('{"alg":"none"}', '{}')],
  ['an algorithm by inheritance', signed('{"alg":"toString"}', '{}')],
  ['an algorithm in __proto__', signed('{"__proto__":{"alg":"HS256"}}', '{}')],
  ['a list of algorithms', signed('{"alg":["HS256"]}', '{}')],
  ['an algorithm of a key pair', signed('{"alg":"ES256"}', '{}')],
  ['a header that is a list', signed('["HS256"]', '{}')],
  ['a header that is null', signed('null', '{}')],
  ['a header that is no JSON', signed('{"alg":"HS256"', '{}')],
  ['an extension', signed('{"alg":"HS256","crit":["exp"]}', '{}')],
  ['a payload that is not encoded', signed('{"alg":"HS256","b64":false}', '{}')],
  ['another kind of token', signed('{"alg":"HS256","typ":"dpop+jwt"}', '{}')],
])('refuses %s, as jose does', async (_, token) => {
  expect(ours(token)).toBeUndefined()
  expect(await theirs(token)).toBeUndefined()
})

it.each([
  ['header', `${encoded('{"alg":"HS256"}')}A`, encoded('{ }')],
  ['payload', encoded('{"alg":"HS256"}'), `${encoded('{ }')}A`],
])('a %s that ends in half a byte has not been encoded, whoever signed it', (_, header, payload) => {
  const text = `${header}.${payload}`
  expect(text.split('.').some((part) => part.length % 4 === 1)).toBe(true)
  expect(ours(`${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`)).toBeUndefined()
})

it('looks at each header, whatever it has seen before', () => {
  for (const token of good) expect(ours(token)).toBe('{"sub":"ada"}')
  const [head = ''] = good[0]?.split('.') ?? []
  expect(ours(good[1]?.replace(/^[^.]+/, head) ?? '')).toBeUndefined()
})

it('takes nothing that jose refuses, and refuses nothing that jose takes but other spellings of a signature', async () => {
  for (const token of good) {
    const last = token.length - 1
    for (let at = 0; at <= last; at++) {
      // The dots stay: what has no three parts never gets here.
      if (token[at] === '.') continue
      const [before, after] = [token.slice(0, at), token.slice(at + 1)]
      for (const put of ['', 'A', '-', `${token[at]}A`]) {
        const changed = before + put + after
        const expected = await theirs(changed)
        if (at < last || changed === token) expect(ours(changed)).toBe(expected)
        else expect(ours(changed)).toBeUndefined()
      }
    }
  }
})
