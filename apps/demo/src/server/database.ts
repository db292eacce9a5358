import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { cannotOpen } from './start-errors.ts'

const schema = `
  CREATE TABLE IF NOT EXISTS settings (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS users (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    password TEXT NOT NULL,
    admin INTEGER NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS devices (
    hash TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS sessions (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    ends_at INTEGER NOT NULL,
    revoked_at INTEGER
  ) STRICT;
  CREATE TABLE IF NOT EXISTS refresh_tokens (
    hash TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id),
    replaced_at INTEGER,
    successor TEXT
  ) STRICT;
`

/** Opens the accounts, readable by their owner alone; `:memory:` is gone when the process ends. */
export function openDatabase(file: string): DatabaseSync {
  try {
    return open(file)
  } catch (error) {
    throw cannotOpen(error, file)
  }
}

function open(file: string): DatabaseSync {
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const database = new DatabaseSync(file)
  if (file !== ':memory:') chmodSync(file, 0o600)
  database.exec('PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON;')
  database.exec(schema)
  return database
}

/** The key that signs access tokens: random, made at the first start, so no two demos share one. */
export function signingKey(database: DatabaseSync): Uint8Array {
  database
    .prepare("INSERT INTO settings (key, value) VALUES ('signing-key', ?) ON CONFLICT DO NOTHING")
    .run(randomBytes(32))
  const value = database.prepare("SELECT value FROM settings WHERE key = 'signing-key'").get()?.value
  if (value instanceof Uint8Array) return value
  throw new Error('The signing key is missing from the database')
}
