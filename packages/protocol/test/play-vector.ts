import type { ClientEffects } from '../src/handshake/client-state.ts'
import { mayDeliver } from '../src/handshake/server.ts'
import type { Finding, ServerEffect } from '../src/handshake/server-state.ts'
import { PlayedClient, presented } from '../src/testing/played-client.ts'
import { PlayedServer } from '../src/testing/played-server.ts'
import { failures } from '../src/wire/error-codes.ts'
import { secret } from '../src/wire/secret.ts'
import { controlPrefix } from '../src/wire/serialize-message.ts'
import type { ClientCase, ClientEvent, Outcome, ServerCase, ServerEvent } from './vector.ts'

const channel = 'channel-of-16-ch'

/** A driver for the cases of kind `server`: it turns events into inputs and effects into what a peer would see. */
export class ServerVector {
  readonly #server: PlayedServer
  /** Texts that wait: those before the 101, and those behind the credential. */
  readonly #head: (string | null)[] = []
  readonly #held: (string | null)[] = []
  readonly opened: readonly Outcome[]

  constructor({ policy = {}, opening = {} }: ServerCase) {
    const finding = findingOf(opening.credential)
    this.#server = new PlayedServer(policy, { version: opening.offer ? 1 : 0, finding })
    this.opened = this.#show(this.#server.effects)
  }

  play(event: ServerEvent): readonly Outcome[] {
    const server = this.#server
    if (event.say !== undefined) return [server.mayDeliver ? { send: event.say } : { keep: event.say }]
    const outcomes = this.#show(this.#feed(event))
    if (server.state.name === 'upgrading') return outcomes
    return [...outcomes, ...this.#head.splice(0).flatMap((text) => this.#show(this.#feed({ receive: text })))]
  }

  #feed(event: ServerEvent): readonly ServerEffect[] {
    const server = this.#server
    const { receive, verdict, wait, revoke, require, drain, limit } = event
    if (receive !== undefined) return this.#receive(receive)
    if (verdict && 'error' in verdict) return server.refuse(verdict.error, verdict.retryAfterMs)
    if (verdict) {
      const { issuedAtMs, ...granted } = verdict
      return server.accept({ ...granted, ...(issuedAtMs !== undefined && { issuedAt: issuedAtMs }) })
    }
    if (wait !== undefined) return server.pass(wait)
    if (revoke) return server.feed({ type: 'revoke', ...revoke })
    if (require) return server.feed({ type: 'require', ...require })
    if (drain) return server.feed({ type: 'drain', ...drain })
    if (limit) return server.feed({ type: 'refuse', error: limit })
    if (event.gone) return server.feed({ type: 'closed' })
    server.heardAtMs = server.nowMs
    return []
  }

  #receive(text: string | null): readonly ServerEffect[] {
    const server = this.#server
    const { state } = server
    server.heardAtMs = server.nowMs
    switch (state.name) {
      case 'upgrading':
        this.#head.push(text)
        return []
      case 'awaiting-credential':
      case 'verifying':
        return this.#first(text)
      case 'authenticated':
      case 'reauthenticating':
        if (state.greeting !== undefined) return this.#first(text)
        if (state.version === 1 && text?.startsWith(controlPrefix(channel))) {
          return server.feed({ type: 'control', text })
        }
        this.#delivered = mayDeliver(state, server.nowMs) ? [{ deliver: text }] : []
        return []
      case 'closed':
        return []
    }
  }

  /** A message that the machine looks at: a first one, or what may still be one beside a cookie. */
  #first(text: string | null): readonly ServerEffect[] {
    const effects = this.#server.text(text ?? undefined)
    if (effects.some(({ type }) => type === 'hold')) this.#held.push(text)
    return effects
  }

  #delivered: readonly Outcome[] = []

  #show(effects: readonly ServerEffect[]): readonly Outcome[] {
    const delivered = this.#delivered
    this.#delivered = []
    return [...effects.flatMap((effect) => this.#seen(effect)), ...delivered]
  }

  #seen(effect: ServerEffect): readonly Outcome[] {
    switch (effect.type) {
      case 'accept':
        return [{ http: 101 }]
      case 'reject': {
        const { error, retryAfterMs } = effect
        return [{ http: failures[error].httpStatus, ...(retryAfterMs !== undefined && { retryAfterMs }) }]
      }
      case 'send':
        return [{ send: messageOf(effect.text) }]
      case 'verify':
        return [{ verify: effect.token.reveal() }]
      case 'revalidate':
        return [{ look: true }]
      case 'admit':
        return [{ admit: effect.grant.subject.userId }]
      case 'renew':
        return effect.refreshed ? [{ renew: effect.grant.subject.userId }] : []
      case 'release':
        return this.#held.splice(0).map((text) => ({ deliver: text }))
      case 'ping':
        return [{ ping: true }]
      case 'close':
        return [{ close: { code: effect.code, reason: effect.reason } }]
      case 'terminate':
        return [{ drop: true }]
      case 'hold':
      case 'refresh-refused':
        return []
    }
  }
}

/** A driver for the cases of kind `client`. */
export class ClientVector {
  readonly #client: PlayedClient

  constructor({ policy = {}, share = 0 }: ClientCase) {
    const { credential = 'message', ...more } = policy
    this.#client = new PlayedClient({ ...presented[credential], ...more }, share)
  }

  play(event: ClientEvent): readonly Outcome[] {
    if (event.say !== undefined) return [this.#client.maySend ? { send: event.say } : { keep: event.say }]
    return this.#feed(event).flatMap(seenOf)
  }

  #feed(event: ClientEvent): readonly ClientEffects[] {
    const client = this.#client
    const { token, tokenFails, receive, closed, wait } = event
    if (token !== undefined) {
      return [client.present(token)]
    }
    if (tokenFails) return [client.feed({ type: 'token-failed', event: { action: tokenFails } })]
    if (receive !== undefined) return [client.text(receive ?? undefined)]
    if (closed) return [client.close(closed.code, closed.reason)]
    if (wait !== undefined) return client.pass(wait)
    if (event.opened) return [client.feed({ type: 'open' })]
    return [client.feed(event.refresh ? { type: 'refresh' } : { type: 'leave', event: {} })]
  }
}

function seenOf(effects: ClientEffects): readonly Outcome[] {
  const { fetchToken, dial, send, opened, message, leave, closed } = effects
  return [
    ...(fetchToken === undefined ? [] : [{ ask: fetchToken }]),
    ...(dial === undefined ? [] : [{ dial }]),
    ...(send === undefined ? [] : [{ send: send.startsWith('{') ? messageOf(send) : send }]),
    ...(opened ? [{ open: typeof opened.userId === 'string' ? opened.userId : null }] : []),
    ...('message' in effects ? [{ deliver: message ?? null }] : []),
    ...(leave ? [{ close: true }] : []),
    ...(closed
      ? [
          {
            ended: {
              action: closed.action,
              ...(closed.retryAfterMs > 0 && { retryAfterMs: closed.retryAfterMs }),
            },
          },
        ]
      : []),
  ]
}

/** A message, which has to start with what its receiver looks for. */
function messageOf(text: string): unknown {
  if (!/^\{"(type|wsauth)":"/.test(text)) throw new Error(`${text} does not start with type or wsauth`)
  return JSON.parse(text)
}

function findingOf(credential: NonNullable<ServerCase['opening']>['credential']): Finding {
  switch (credential) {
    case undefined:
      return { type: 'none' }
    case 'explicit':
    case 'cookie':
      return { type: 'credential', token: secret('t'), ambient: credential === 'cookie' }
    case 'two':
      return { type: 'refused', error: 'invalid_request' }
    case 'origin':
      return { type: 'refused', error: 'access_denied', origin: true }
    default:
      return { type: 'refused', ...credential }
  }
}
