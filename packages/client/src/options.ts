import type {
  BackoffOptions,
  ClientInput,
  ClientPolicy,
  ClientState,
  ClientStep,
  TokenReason,
} from '@wsauth/protocol'
import type { Destination } from './methods/destination.ts'
import { firstMessage } from './methods/first-message.ts'
import type { Method } from './methods/method.ts'
import type { SocketClass } from './socket.ts'
import { type TokenSource, tokenSource } from './token-source.ts'

/** What a token provider is told. */
export interface TokenRequest {
  /** `connect` before a connection, `refresh` ahead of the old token's end, `refused` after the old one was refused or expired. */
  readonly reason: TokenReason
  /** The token that was refused; one that equals it is not presented. */
  readonly refused: string | undefined
  /** Aborted when the answer is no longer wanted or comes too late. */
  readonly signal: AbortSignal
}

/** The token itself, or how it is had. May throw `SignInRequired`; whatever else it throws is tried again. */
export type TokenProvider = string | ((request: TokenRequest) => string | Promise<string>)

/** What `createWebSocketClass()` and `AuthClient` have in common. */
export interface ConnectionOptions {
  /** Where tokens come from. `cookie()` takes none; `ticket()` goes without where the session cookie opens its endpoint. */
  readonly token?: TokenProvider | undefined
  /** How the token travels. Default: `firstMessage()`. */
  readonly method?: Method
  /** A class to make sockets with. Default: `ws` in Node, the platform's elsewhere. */
  readonly WebSocket?: SocketClass
  /** Allows `ws:` to hosts that are not loopback. Default: false. */
  readonly allowInsecure?: boolean
  /** 0 for servers that do not know wsauth. Default: 1. */
  readonly version?: 0 | 1
  /** The token goes with each text message, as a server with `continuous: true` wants it. Default: false. */
  readonly continuous?: boolean
  /** What the application's own close codes mean. Default: `stop`. */
  readonly classify?: ClientPolicy['classify']
  /** Default: 10,000. */
  readonly connectTimeoutMs?: number
  /** From the open socket to the server's answer. Default: 10,000. */
  readonly authTimeoutMs?: number
  /** Then the call's `signal` is aborted, and the next attempt makes another call, also where this one goes on. Default: 10,000. */
  readonly tokenTimeoutMs?: number
  /** For the closing handshake. Default: 2,000. */
  readonly closeTimeoutMs?: number
}

/** What `AuthClient` has besides. */
export interface AuthClientOptions extends ConnectionOptions {
  /** Sub-protocols of the application. */
  readonly protocols?: string | readonly string[]
  /** Third argument of the socket underneath, for `ws` and React Native. */
  readonly socketOptions?: object
  /** Dials on construction. Default: true. */
  readonly connect?: boolean
  /** Dials again by itself. Default: after 100 ms to 30 s, by full jitter; `false` turns it off. */
  readonly reconnect?: Partial<BackoffOptions> | false
  /** Tabs of one browser with the same user fetch one token for all of them. Default: true. */
  readonly tabs?: boolean
}

/** One transition of the machine: `stepConnection` or `stepClient`. */
export type StepClient = (policy: ClientPolicy, state: ClientState, input: ClientInput) => ClientStep

/** What all connections of a class or client share. */
interface Shared extends Omit<ClientPolicy, 'hide'>, Pick<Method, 'dial'> {
  readonly step: StepClient
  readonly tokens: TokenSource
}
/** The options, resolved once. */
export type Resolved<Options> = Options & Shared

/** All that a connection is made from. */
export interface Setup extends Shared, Destination, Pick<ConnectionOptions, 'continuous' | 'WebSocket'> {}

/** The options with their defaults; throws a `TypeError` for those that cannot work. */
export function resolveOptions<Options extends ConnectionOptions>(
  given: Options,
  step: StepClient,
): Resolved<Options> {
  const { method = firstMessage(), token, tokenTimeoutMs = 10_000 } = given
  if (!method.check) throw new TypeError('method: header(), not header')
  method.check(given)
  const renews = typeof token === 'function'
  const options: Record<string, unknown> = {
    version: 1,
    connectTimeoutMs: 10_000,
    authTimeoutMs: 10_000,
    tokenTimeoutMs,
    closeTimeoutMs: 2_000,
    renews,
    tokens: tokenSource(renews ? token : () => token ?? '', tokenTimeoutMs),
    step,
  }
  // What is `undefined` was not given.
  for (const name in given) options[name] = given[name] ?? options[name]
  return { ...options, ...method } as unknown as Resolved<Options>
}
