import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'

/**
 * Whether bytes are a key of a pair, or a certificate, in a form that files have: PEM, an OpenSSH line, JSON, or DER, also as the
 * base64 that identity providers show without its PEM lines. Everybody may know a public one, so none makes a secret
 * (RFC 8725 §2.1). It has to parse: random bytes are none of them, whatever they begin with. DER that names no algorithm
 * (PKCS #1, SEC 1) is left out, as chance can write it.
 */
export function isKeyMaterial(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes).toString()
  return isKeyText(text) || isDer(Buffer.from(bytes)) || isDer(Buffer.from(text, 'base64'))
}

function isKeyText(text: string): boolean {
  if (/^\s*(-----BEGIN |ssh-[a-z0-9]+ )/.test(text)) return true
  return parses(() => {
    if (typeof JSON.parse(text) !== 'object') throw new TypeError('a number or text')
  })
}

function isDer(key: Buffer): boolean {
  // A SEQUENCE, as all of them are (X.690 §8.9).
  if (key[0] !== 0x30) return false
  const format = 'der'
  return [
    () => createPublicKey({ key, format, type: 'spki' }),
    () => createPrivateKey({ key, format, type: 'pkcs8' }),
    () => new X509Certificate(key),
  ].some(parses)
}

function parses(parse: () => unknown): boolean {
  try {
    parse()
    return true
  } catch {
    return false
  }
}
