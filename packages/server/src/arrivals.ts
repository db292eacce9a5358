import { type AuthErrorName, versionSubprotocol } from '@wsauth/protocol'
import type { Arrival } from './edge.ts'
import { SingleAddress } from './limiters/single-address.ts'
import { findCredential, type MethodFinding } from './methods/method.ts'
import type { Observer } from './observations.ts'
import type { ResolvedOptions } from './options.ts'
import { ownText } from './own-text.ts'
import type { UpgradeRequest } from './upgrade-request.ts'

/** What upgrade requests bring along. */
export class Arrivals {
  readonly #options: ResolvedOptions
  readonly #observer: Observer
  readonly #single: SingleAddress = new SingleAddress()
  readonly #paths: SharedText = new SharedText()
  readonly #origins: SharedText = new SharedText()
  /** Since nobody comes in any more: when those who are sent away may come back. */
  #closedUntilMs: number | undefined

  constructor(options: ResolvedOptions, observer: Observer) {
    this.#options = options
    this.#observer = observer
  }

  /** Nothing is verified yet; after this the request can be redacted. */
  of(request: UpgradeRequest | AuthErrorName, peer: string): Arrival {
    const atMs = this.#options.clock.now()
    if (typeof request === 'string') {
      const facts = { origin: undefined, path: '', address: peer, addressGroup: peer }
      const finding = { type: 'refused', error: request, detail: 'the upgrade request is malformed' } as const
      return { facts, atMs, version: 0, finding, subprotocol: undefined }
    }
    this.#lookAt(request.address)
    const { isOwnOrigin = false, address, addressGroup } = request
    const version = request.protocols.includes(versionSubprotocol) ? 1 : 0
    const finding = this.#findingOf(request, atMs)
    const subprotocol = finding.method?.selects?.(request) ?? (version === 1 ? versionSubprotocol : undefined)
    const path = this.#paths.of(request.path)
    const origin = request.origin === undefined ? undefined : this.#origins.of(request.origin)
    return {
      facts: { origin, isOwnOrigin, path, address, addressGroup },
      atMs,
      version,
      finding,
      subprotocol,
    }
  }

  /** Whoever comes from now on is refused, and told when to come back; gives how long that is from now. */
  close(untilMs: number): number {
    this.#closedUntilMs = untilMs
    return this.#retryAfterMs(untilMs, this.#options.clock.now())
  }

  #retryAfterMs(untilMs: number, nowMs: number): number {
    return Math.max(1_000, untilMs - nowMs)
  }

  #lookAt(address: string): void {
    if (this.#options.isTrustSet || !this.#single.sees(address)) return
    const from = address === '' ? 'a Unix socket' : 'one private address'
    const name = address === '' ? "'unix:'" : 'the proxy'
    const message = `every connection comes from ${from}: name ${name} in auth.trustProxy, or [] for none`
    this.#observer.warn({ warning: 'trust_proxy_unset', address, message })
  }

  #findingOf(request: UpgradeRequest, nowMs: number): MethodFinding {
    const { isOriginAllowed, methods, limits } = this.#options
    if (!isOriginAllowed(request)) {
      return {
        type: 'refused',
        error: 'access_denied',
        origin: true,
        detail: 'not an Origin of auth.origins',
      }
    }
    if (this.#closedUntilMs !== undefined) {
      const retryAfterMs = this.#retryAfterMs(this.#closedUntilMs, nowMs)
      return { type: 'refused', error: 'service_restart', retryAfterMs }
    }
    return findCredential(methods, request, limits)
  }
}

/** One text for all requests in a row that say the same, since their connections keep it. */
export class SharedText {
  #last = ''

  of(text: string): string {
    if (text !== this.#last) this.#last = ownText(text)
    return this.#last
  }
}
