import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import type { TicketGrant } from '@wsauth/server'

/** What Redis knows a ticket by, and the key that its grant is sealed with. Neither leads back to the ticket. */
export interface TicketNames {
  readonly id: string
  readonly sealingKey: Buffer
}

/**
 * Both are derived from the hash that a store gets for a ticket (HKDF, RFC 5869), and that hash itself is kept nowhere: who
 * reads Redis finds neither who asked for a ticket nor anything to present.
 */
export function ticketNames(key: string): TicketNames {
  const bytes = Buffer.from(hkdfSync('sha256', key, '', 'wsauth ticket', 64))
  return { id: bytes.subarray(0, 32).toString('base64url'), sealingKey: bytes.subarray(32) }
}

const ivBytes = 12
const tagBytes = 16

/** The grant as text that only `names` can read (AES-256-GCM). */
export function seal(grant: TicketGrant, { id, sealingKey }: TicketNames): string {
  const iv = randomBytes(ivBytes)
  const cipher = createCipheriv('aes-256-gcm', sealingKey, iv).setAAD(Buffer.from(id))
  const sealed = Buffer.concat([cipher.update(JSON.stringify(grant)), cipher.final()])
  return Buffer.concat([iv, sealed, cipher.getAuthTag()]).toString('base64url')
}

/** `undefined` for what `seal` did not write. */
export function unseal(text: string, { id, sealingKey }: TicketNames): TicketGrant | undefined {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.length < ivBytes + tagBytes) return undefined
  const decipher = createDecipheriv('aes-256-gcm', sealingKey, bytes.subarray(0, ivBytes))
    .setAAD(Buffer.from(id))
    .setAuthTag(bytes.subarray(-tagBytes))
  try {
    const opened = Buffer.concat([decipher.update(bytes.subarray(ivBytes, -tagBytes)), decipher.final()])
    return JSON.parse(opened.toString())
  } catch {
    return undefined
  }
}
