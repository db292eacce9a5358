import { readdirSync, readFileSync } from 'node:fs'
import type { ClientPolicy } from '../src/handshake/client.ts'
import type { ServerPolicy } from '../src/handshake/server-state.ts'
import type { presented } from '../src/testing/played-client.ts'
import type { Granted } from '../src/testing/played-server.ts'
import type { Action, AuthErrorName } from '../src/wire/error-codes.ts'
import type { AuthRequiredReason } from '../src/wire/messages.ts'

/** One thing that comes of an event; its only key says what. */
export type Outcome = Readonly<Record<string, unknown>>

interface Case {
  readonly clause: string
  readonly name: string
}

export interface ServerEvent {
  readonly receive?: string | null
  readonly say?: string
  readonly verdict?:
    | (Omit<Granted, 'issuedAt'> & { readonly issuedAtMs?: number })
    | { readonly error: AuthErrorName; readonly retryAfterMs?: number }
  readonly wait?: number
  readonly revoke?: { readonly marginMs: number }
  readonly require?: { readonly reason: AuthRequiredReason; readonly deadlineMs: number }
  readonly drain?: { readonly inMs: number; readonly retryAfterMs: number }
  readonly limit?: AuthErrorName
  readonly heard?: true
  readonly gone?: true
}

export interface ServerCase extends Case {
  readonly kind: 'server'
  readonly policy?: Partial<ServerPolicy>
  readonly opening?: {
    readonly offer?: true
    readonly credential?:
      | 'explicit'
      | 'cookie'
      | 'two'
      | 'origin'
      | { readonly error: AuthErrorName; readonly retryAfterMs?: number }
  }
  readonly opened: readonly Outcome[]
  readonly steps: readonly (ServerEvent & { readonly then: readonly Outcome[] })[]
}

export interface ClientEvent {
  readonly token?: string
  readonly tokenFails?: Action
  readonly opened?: true
  readonly receive?: string | null
  readonly say?: string
  readonly closed?: { readonly code: number; readonly reason: string }
  readonly wait?: number
  readonly refresh?: true
  readonly leave?: true
}

export interface ClientCase extends Case {
  readonly kind: 'client'
  readonly policy?: Partial<ClientPolicy> & { readonly credential?: keyof typeof presented }
  readonly share?: number
  readonly steps: readonly (ClientEvent & { readonly then: readonly Outcome[] })[]
}

/** What a text is read as. */
export type Reading =
  | 'ignored'
  | { readonly broken: string }
  | { readonly token: string; readonly version?: number; readonly data?: string }

export type Vector =
  | ServerCase
  | ClientCase
  | (Case & {
      readonly kind: 'first-message' | 'client-control' | 'continuous'
      readonly text: string
      readonly bearerText?: boolean
      readonly expect: Reading
    })
  | (Case & { readonly kind: 'subprotocol'; readonly token: string | null; readonly value: string })
  | (Case & {
      readonly kind: 'close-reason'
      readonly text: string
      readonly retryAfterMs?: number
      readonly reason: string
    })
  | (Case & {
      readonly kind: 'retry-after'
      readonly reason?: string
      readonly value?: unknown
      readonly ms: number
    })
  | (Case & {
      readonly kind: 'close-action'
      readonly code: number
      readonly reason: string
      readonly action: Action
    })
  | (Case & { readonly kind: 'status-action'; readonly status: number; readonly action: Action })
  | (Case & {
      readonly kind: 'failure'
      readonly error: AuthErrorName
      readonly httpStatus: number | null
      readonly closeCode: number
      readonly reason: string
      readonly action: Action
    })
  | (Case & {
      readonly kind: 'backoff'
      readonly attempt: number
      readonly random: number
      readonly minDelayMs: number
      readonly maxDelayMs: number
      readonly retryAfterMs?: number
      readonly ms: number
    })
  | (Case & {
      readonly kind: 'memory'
      readonly steps: readonly {
        readonly refuse?: string
        readonly accept?: true
        readonly then?:
          | { readonly action: Action; readonly becomes: Action }
          | { readonly token: string; readonly presented: boolean }
      }[]
    })

const folder = new URL('../vectors/', import.meta.url)

/** Every case of every file, with the name of its file. */
export const vectors: readonly (Vector & { readonly file: string })[] = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .flatMap((file) => {
    const { cases } = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as { readonly cases: Vector[] }
    return cases.map((vector) => ({ ...vector, file }))
  })
