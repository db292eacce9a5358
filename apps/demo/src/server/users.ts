import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { hashOf, randomToken } from './random-token.ts'

export interface User {
  readonly id: string
  readonly name: string
  /** The first account may see and revoke everybody's connections. */
  readonly admin: boolean
}

interface StoredUser extends User {
  readonly password: string
}

/** Accounts. Names are compared without case; the database holds hashes only. */
export class Users {
  readonly #database: DatabaseSync

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  get any(): boolean {
    return this.#database.prepare('SELECT 1 FROM users LIMIT 1').get() !== undefined
  }

  /** The new user, or `undefined` where the name is taken. */
  add(name: string, password: string, nowMs: number): User | undefined {
    const user = { id: randomUUID(), name, admin: !this.any }
    const { changes } = this.#database
      .prepare(
        'INSERT INTO users (id, name, name_key, password, admin, created_at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
      )
      .run(user.id, name, nameKey(name), password, Number(user.admin), nowMs)
    return changes === 1 ? user : undefined
  }

  byName(name: string): StoredUser | undefined {
    return asUser(this.#database.prepare('SELECT * FROM users WHERE name_key = ?').get(nameKey(name)))
  }

  byId(id: string): User | undefined {
    return asUser(this.#database.prepare('SELECT * FROM users WHERE id = ?').get(id))
  }

  /** A secret for a cookie: whoever brings it has signed in as this user before. */
  addDevice(userId: string, nowMs: number): string {
    const device = randomToken()
    this.#database
      .prepare('INSERT INTO devices (hash, user_id, created_at) VALUES (?, ?, ?)')
      .run(hashOf(device), userId, nowMs)
    return device
  }

  knowsDevice(userId: string, device: string): boolean {
    return (
      this.#database
        .prepare('SELECT 1 FROM devices WHERE hash = ? AND user_id = ?')
        .get(hashOf(device), userId) !== undefined
    )
  }
}

export function nameKey(name: string): string {
  return name.normalize('NFKC').toLowerCase()
}

function asUser(row: Record<string, unknown> | undefined): StoredUser | undefined {
  if (row === undefined) return undefined
  return {
    id: String(row.id),
    name: String(row.name),
    admin: row.admin === 1,
    password: String(row.password),
  }
}
