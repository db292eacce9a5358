import { randomFillSync } from 'node:crypto'

const idLength = 16
/** Filled in one go: asking the system for each identifier costs more than the identifier. */
const pool: Buffer = Buffer.alloc(idLength * 1_024)
const alphabet: Buffer = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_')
let used: number = pool.length

/** 16 random base64url characters, 96 bits: the channel of a connection, or the name of a session that has none. */
export function randomId(): string {
  if (used === pool.length) refill()
  const id = pool.toString('latin1', used, used + idLength)
  used += idLength
  return id
}

/** Each random byte becomes a character by its lower six bits. */
function refill(): void {
  randomFillSync(pool)
  for (let at = 0; at < pool.length; at++) pool[at] = alphabet[(pool[at] ?? 0) & 63] ?? 0
  used = 0
}
