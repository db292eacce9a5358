import type { Grant, Subject } from '../../handshake/server-state.ts'
import type { Token } from './identity.ts'
import type { World } from './world.ts'

const never = Number.POSITIVE_INFINITY

/**
 * Holds one server connection to its promises (DESIGN P1, P2, P3, P7). It is told what happens and knows what is true;
 * it shares no code with the machine.
 */
export class ServerWatch {
  readonly #world: World
  readonly #openedAtMs: number
  #phase: 'opening' | 'verifying' | 'live' | 'over' = 'opening'
  #version: 0 | 1 = 0
  #user = ''
  /** The credential that the connection stands on; absent where nobody is signed in. */
  #token: Token | undefined
  /** The verdict that is being fed, and the attempt that was asked for last. */
  #verdict: { readonly token: Token | undefined; readonly attempt: number; readonly ok: boolean } | undefined
  #asked = 0
  #heardAtMs: number
  #overAtMs = never
  #mustEndAtMs = never
  /** Messages so far that came before authentication, and what is wrong where the connection outlives this one. */
  #early = 0
  #mustBeOver: string | undefined
  #demandEndsAtMs = never
  /** Messages that are owed to the application, in order. */
  #owed: (string | undefined)[] = []

  constructor(world: World) {
    this.#world = world
    this.#openedAtMs = world.clock.now()
    this.#heardAtMs = this.#openedAtMs
  }

  heard(): void {
    this.#heardAtMs = this.#now
  }

  asked(attempt: number): void {
    this.#asked = attempt
  }

  /** The first credential came as a message: what follows is held. */
  holds(): void {
    if (this.#phase === 'opening') this.#phase = 'verifying'
  }

  /** A message arrived that is no control. */
  arrived(text: string | undefined): void {
    if (this.#phase === 'verifying' || (this.#phase === 'live' && this.#isAuthenticated))
      this.#owed.push(text)
  }

  /** A message arrived before the connection was authenticated. */
  arrivedEarly(text: string | undefined, isCredential: boolean): void {
    this.#early++
    if (isCredential && this.#phase === 'verifying') this.#mustBeOver = '3.5 a second credential was accepted'
    else if (!isCredential) this.arrived(text)
    if (this.#early > this.#world.scenario.server.preAuthMessages) {
      this.#mustBeOver = '2.3 more messages than the budget'
    }
  }

  /** A message arrived on a connection that a cookie let in, and may still present a credential (PROTOCOL 4.2). */
  arrivedBeside(text: string | undefined, isCredential: boolean, isSecond: boolean): void {
    if (!isCredential) this.arrived(text)
    else if (isSecond) this.#mustBeOver = '3.5 a second credential was accepted'
  }

  /** What arrived has been dealt with. */
  settled(): void {
    if (this.#mustBeOver && this.#phase !== 'over') this.#world.blame(this.#mustBeOver)
    if (this.#phase === 'live' && this.#owed.length > 0) this.#world.blame('P1 a message was lost')
    if (this.#phase === 'live' || this.#phase === 'over') this.#owed = []
  }

  delivered(text: string | undefined, user: string): void {
    this.#world.count('delivered to server')
    if (this.#phase !== 'live') this.#world.blame(`P1 delivered to the server while ${this.#phase}`)
    else if (!this.#isAuthenticated) this.#world.blame('P1 delivered to the server after the end')
    if (this.#owed.length === 0 || this.#owed.shift() !== text) {
      this.#world.blame('P1 delivered to the server what was not owed, or not in order')
    }
    const written = /^(\w+):\d+$/.exec(text ?? '')?.[1]
    // Somebody who writes on the client's own connection may well sign in as somebody else.
    const isOurs = this.#world.scenario.peer !== 'meddled'
    if (isOurs && written !== undefined && written !== user)
      this.#world.blame(`P7 written as ${written}, delivered as ${user}`)
  }

  /** The application sent something out. */
  said(): void {
    if (this.#phase !== 'live' || !this.#isAuthenticated)
      this.#world.blame('P1 sent out while not authenticated')
  }

  verdict(token: Token | undefined, attempt: number, ok: boolean): void {
    this.#verdict = { token, attempt, ok }
  }

  admitted({ subject }: Grant, version: 0 | 1): void {
    this.#world.count(subject.anonymous ? 'admitted nobody' : 'admitted')
    if (this.#phase === 'live' || this.#phase === 'over')
      this.#world.blame('P1 admitted twice, or after the close')
    if (this.#now >= this.#openedAtMs + this.#world.scenario.server.deadlineMs) {
      this.#world.blame('P2 admitted after the deadline')
    }
    if (subject.anonymous && !this.#world.scenario.server.allowAnonymous) {
      this.#world.blame('3.7 nobody was admitted where nobody may')
    }
    this.#phase = 'live'
    this.#version = version
    this.#user = subject.userId
    this.#heardAtMs = Math.max(this.#heardAtMs, this.#now)
    if (!subject.anonymous) this.#stand(subject)
  }

  renewed({ subject }: Grant, refreshed: boolean, version: 0 | 1, isGreeting: boolean): void {
    this.#world.count(refreshed ? 'refreshed' : 'looked at again')
    if (this.#phase !== 'live' || !this.#isAuthenticated) this.#world.blame('P3 refreshed after the end')
    if (!refreshed) return
    const old = this.#token
    if (old && subject.userId !== this.#user) this.#world.blame('P7 refreshed to another user')
    this.#user = subject.userId
    this.#version = version
    this.#demandEndsAtMs = never
    this.#stand(subject)
    if (!isGreeting && old && this.#token && this.#token.issuedAtMs < old.issuedAtMs) {
      this.#world.blame('P3 refreshed with an older token')
    }
  }

  /** It has to be gone by then, whatever its credential. */
  mustEnd(atMs: number): void {
    this.#mustEndAtMs = Math.min(this.#mustEndAtMs, atMs)
  }

  /** A newer token has to come by then. */
  demanded(atMs: number): void {
    if (this.#phase === 'live') this.#demandEndsAtMs = Math.min(this.#demandEndsAtMs, atMs)
  }

  over(): void {
    if (this.#phase === 'over') return
    this.#owed = []
    this.#checkEnd(this.#now)
    this.#phase = 'over'
    this.#overAtMs = this.#now
  }

  /** The duel ends: was everything closed that had to be? */
  finish(): void {
    if (this.#overAtMs === never) this.#checkEnd(this.#now)
  }

  #stand({ userId }: Subject): void {
    const verdict = this.#verdict
    const nowMs = this.#now
    if (!verdict?.ok || !verdict.token || verdict.attempt !== this.#asked) {
      this.#world.blame('P3 stands on a verdict that was not the last one asked for')
      return
    }
    this.#token = verdict.token
    if (userId !== verdict.token.user) this.#world.blame('P7 stands as another user')
    if (!this.#world.identity.isGood(verdict.token.text, nowMs)) {
      this.#world.blame('P3 stands on a token that is over or revoked')
    }
  }

  #checkEnd(nowMs: number): void {
    const { lateMs, server } = this.#world.scenario
    const late = (byMs: number): boolean => nowMs > byMs + lateMs
    if (this.#phase !== 'live') {
      if (late(this.#openedAtMs + server.deadlineMs)) this.#world.blame('P2 open past the deadline')
      return
    }
    if (late(this.#endsAtMs)) this.#world.blame('P3 open past its credential, a revocation or a demand')
    if (late(this.#mustEndAtMs)) this.#world.blame('5.6 open past a drain or an end that was ordered')
    if (late(this.#heardAtMs + 2 * server.heartbeatMs)) this.#world.blame('5.5 open with a peer that is gone')
  }

  get #isAuthenticated(): boolean {
    return this.#now < this.#endsAtMs
  }

  /** The end of the credential, or of what a revocation or a demand leaves of it. */
  get #endsAtMs(): number {
    const token = this.#token
    if (!token) return this.#demandEndsAtMs
    const { identity } = this.#world
    // Version 0 has no way to present a newer token, so a margin means nothing to it.
    const revocationEndsAtMs = identity.revocationEndsAtMs(token, this.#version === 1)
    return Math.min(identity.endsAtMs(token), revocationEndsAtMs, this.#demandEndsAtMs)
  }

  get #now(): number {
    return this.#world.clock.now()
  }
}
