import { randomFillSync } from 'node:crypto'

const idBytes = 12
/** Filled in one go: asking the system for each identifier costs more than the identifier. */
const pool: Buffer = Buffer.alloc(idBytes * 1_024)
let used: number = pool.length

/** 16 random base64url characters, 96 bits: the channel of a connection, or the name of a session that has none. */
export function randomId(): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const id = pool.toString('base64url', used, used + idBytes)
  used += idBytes
  return id
}
