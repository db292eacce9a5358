import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { isKeyMaterial } from './key-material.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ed = generateKeyPairSync('ed25519')
const certificate =
  'MIIBLDCB36ADAgECAhR9y7w2KX+wtXn4ICdGUIgEIv1NYDAFBgMrZXAwDDEKMAgGA1UEAwwBYTAeFw0yNjExMjIwMDU3NDVaFw0yNjExMjMwMDU3NDVaMAwxCjAIBgNVBAMMAWEwKjAFBgMrZXADIQD/UKsCzyGgnQDJ6H2a0b8EZlUYcHzeq31R0OxXxm9V7qNTMFEwHQYDVR0OBBYEFHyygVRd3IWOYvno5m4/qwgXjflEMB8GA1UdIwQYMBaAFHyygVRd3IWOYvno5m4/qwgXjflEMA8GA1UdEwEB/wQFMAMBAf8wBQYDK2VwA0EAuXvy+s5Y5N5kKsuVw+iHCR/TrOoVKvq1scSLxs1fByXkcd9a3YYXP4Q7eStXPTdJWM3jSJwwGYQH/03Apg6HCQ=='

const der = (key: KeyObject, type: 'spki' | 'pkcs8') =>
  key.export({ format: 'der', type: type as 'spki' }) as Buffer

describe('SECURITY 21: what others know or hold in files is no secret', () => {
  it.each<[string, Buffer]>([
    ['SPKI of RSA', der(rsa.publicKey, 'spki')],
    ['SPKI of P-256', der(ec.publicKey, 'spki')],
    ['SPKI of Ed25519', der(ed.publicKey, 'spki')],
    ['PKCS #8', der(ec.privateKey, 'pkcs8')],
    ['a certificate', Buffer.from(certificate, 'base64')],
  ])('%s, as DER and as its base64', (_, bytes) => {
    expect(isKeyMaterial(bytes)).toBe(true)
    expect(isKeyMaterial(Buffer.from(bytes.toString('base64')))).toBe(true)
    expect(isKeyMaterial(Buffer.from(bytes.toString('base64url')))).toBe(true)
    const lines = bytes.toString('base64').replace(/.{64}/g, '$&\n')
    expect(isKeyMaterial(Buffer.from(`\n${lines}\n`))).toBe(true)
  })

  it('and random bytes may begin as DER does', () => {
    for (let size = 32; size <= 128; size++) {
      const secret = randomBytes(size)
      for (const start of [
        [],
        [0x30],
        [0x30, size - 2],
        [0x30, size - 2, 0x30],
        [0x30, size - 2, 0x02, 0x01],
      ]) {
        secret.set(start)
        for (const form of [secret, secret.toString('hex'), secret.toString('base64')]) {
          expect(isKeyMaterial(Buffer.from(form as string))).toBe(false)
        }
      }
    }
  })
})
