import type { FakeClock } from '@wsauth/protocol/testing'
import type { AuthWebSocket, AuthWebSocketServer } from '@wsauth/server'
import { WebSocket } from 'ws'
import type { Peer } from './peer.ts'
import type { Token, Tokens } from './tokens.ts'

const deadlineMs = 5_000

/** Holds what the server does to its promises, by an account that shares no code with it. Names each that is broken. */
export class Watch {
  readonly broken: string[] = []
  readonly peers: Peer[] = []
  readonly told = {
    auth_ok: 0,
    auth_fail: 0,
    live_fail: 0,
    auth_refresh: 0,
    auth_expired: 0,
    auth_revoked: 0,
  }
  mostPerUser: number = Number.POSITIVE_INFINITY
  continuous = false
  /** Time has passed, and no timer has run yet. */
  isAsleep = false
  /** When the machine last woke up: no timer runs while it sleeps. */
  wokeAtMs = 0
  /** Drained or closed: nobody comes in any more. */
  isShut = false
  readonly #redeemed: Set<string> = new Set()
  readonly #wss: AuthWebSocketServer
  readonly #clock: FakeClock
  readonly #tokens: Tokens

  constructor(wss: AuthWebSocketServer, clock: FakeClock, tokens: Tokens) {
    this.#wss = wss
    this.#clock = clock
    this.#tokens = tokens
    wss.on('auth_ok', ({ path }) => {
      this.told.auth_ok++
      const peer = this.#at(path)
      if (peer) this.#once('auth_ok', peer, ++peer.okEvents)
    })
    wss.on('auth_fail', ({ path, userId }) => {
      if (userId !== undefined) {
        this.told.live_fail++
        return
      }
      this.told.auth_fail++
      const peer = this.#at(path)
      if (peer) this.#once('auth_fail', peer, ++peer.failEvents)
    })
    wss.on('auth_refresh', () => this.told.auth_refresh++)
    wss.on('auth_expired', () => this.told.auth_expired++)
    wss.on('auth_revoked', () => this.told.auth_revoked++)
  }

  blame(promise: string, peer: Peer, what: string): void {
    this.broken.push(`${promise}: p${peer.id} ${what} (at ${this.#clock.now()})`)
  }

  #at(path: string): Peer | undefined {
    return this.peers.find((peer) => peer.path === path)
  }

  #once(what: string, peer: Peer, times: number): void {
    if (times > 1 || peer.okEvents + peer.failEvents > 1) this.blame('events', peer, `is told ${what} again`)
  }

  /** The application has it. */
  admitted(peer: Peer, socket: AuthWebSocket): void {
    if (peer.socket) this.blame('once', peer, 'is handed over a second time')
    if (peer.okEvents !== 1) this.blame('events', peer, 'is handed over without auth_ok')
    if (peer.isRefused) this.blame('P1', peer, 'is handed over after it was refused')
    if (this.#clock.now() >= peer.startedAtMs + deadlineMs)
      this.blame('P2', peer, 'is let in after its deadline')
    if (this.isShut) this.blame('drain', peer, 'is let in by a server that drains')
    peer.socket = socket
    if (peer.ticket !== undefined && socket.auth.method === 'ticket') {
      if (this.#redeemed.has(peer.ticket)) this.blame('P4', peer, 'came by a ticket that was used before')
      this.#redeemed.add(peer.ticket)
    }
    const { method } = socket.auth
    peer.cameByMessage =
      method === 'firstMessage' || (method === 'anonymous' && peer.sentAuth && !peer.offers)
    this.follow(peer)
  }

  /** Looks at whom the server takes it for now. */
  follow(peer: Peer): Token | undefined {
    const { socket, auth: before } = peer
    if (!socket) return undefined
    const { auth } = socket
    const token = this.#tokens.named(auth.claims.token)
    if (auth === before) return token
    peer.auth = auth
    if (before && before.userId !== '' && before.userId !== auth.userId)
      this.blame('P3', peer, 'became somebody else')
    if (!token) {
      if (auth.userId !== '') this.blame('P1', peer, 'is somebody without a token')
      return undefined
    }
    if (!token.isGood || token.userId !== auth.userId) this.blame('P1', peer, `stands on bad ${token.name}`)
    if (!token.presentedBy.has(peer.id)) this.blame('P1', peer, `stands on ${token.name}, never presented`)
    if (this.#tokens.isRevoked(token)) this.blame('P3', peer, `stands on revoked ${token.name}`)
    return token
  }

  /** Whether the application may hear from it now. */
  isLive(peer: Peer): boolean {
    return !peer.isEnded && this.mayHear(peer)
  }

  /** Whether it may hear from the application now. */
  mayHear(peer: Peer): boolean {
    if (!peer.socket || peer.closed) return false
    const now = this.#clock.now()
    const token = this.follow(peer)
    // A demand that waits for the next second is made by a timer, and none runs while the machine sleeps.
    const isAskedInTime = this.isAsleep || now < peer.revokedByMs
    return now < (token?.endsAtMs ?? Number.POSITIVE_INFINITY) && now < peer.endsByMs && isAskedInTime
  }

  heard(peer: Peer, text: string): void {
    const index = peer.sent.findIndex((sent) => sent.text === text)
    const message = peer.sent[index]
    if (!message) {
      this.blame('P1', peer, `delivered what nobody sent: ${text}`)
      return
    }
    if (!this.isLive(peer)) this.blame('P1', peer, `delivered ${text} while it was not authenticated`)
    if (peer.cameByMessage && message.isEarly)
      this.blame('P1', peer, `delivered ${text} from before its auth`)
    // `ws` reads what is left of a transport that is gone.
    if (peer.isPaused && index >= peer.pausedFrom && !peer.wire.destroyed)
      this.blame('pause', peer, `delivered ${text} while nobody reads`)
    const last = peer.sent.findIndex((sent) => sent.text === peer.delivered.at(-1))
    if (index <= last) this.blame('order', peer, `delivered ${text} after ${peer.delivered.at(-1)}`)
    if (this.continuous) {
      const { token } = message
      if (!token?.isGood || token.userId !== peer.socket?.auth.userId)
        this.blame('P1', peer, `delivered ${text} with a bad token`)
      else if (this.#tokens.isRevoked(token)) this.blame('P3', peer, `delivered ${text} with a revoked token`)
    }
    peer.delivered.push(text)
  }

  /** Holds everything to its promises, between two steps. */
  look(): void {
    for (const peer of this.peers) this.#lookAt(peer)
    const { pending, live, admitted, refused, refreshed, refreshRefused, ended } = this.#wss.stats()
    const { peers, told } = this
    const openPeers = peers.filter(({ socket }) => socket?.readyState === WebSocket.OPEN)
    const waiting = peers.filter(
      ({ okEvents, wire, status }) => okEvents === 0 && !wire.closed && status !== -1,
    )
    const { session_revoked = 0, access_denied = 0, insufficient_scope = 0 } = ended
    const { token_expired = 0, timeout = 0, invalid_token = 0, invalid_request = 0 } = ended
    const closedWith = (code: number): number =>
      peers.filter(({ socket, closed }) => socket && closed?.code === code).length
    const counts: readonly (readonly [string, number, number])[] = [
      ['live', live, openPeers.length],
      [
        'clients',
        [...this.#wss.clients].filter(({ readyState }) => readyState === 1).length,
        openPeers.length,
      ],
      ['pending', pending, waiting.length],
      ['admitted', admitted, told.auth_ok],
      ['refused', sum(refused), told.auth_fail],
      ['refreshed', refreshed, told.auth_refresh],
      ['auth_expired', token_expired + timeout, told.auth_expired],
      ['auth_revoked', session_revoked + access_denied + insufficient_scope, told.auth_revoked],
      ['auth_fail', sum(refreshRefused) + invalid_token + invalid_request, told.live_fail],
      ['ended 4002', token_expired, closedWith(4002)],
      ['ended 4004', session_revoked, closedWith(4004)],
    ]
    for (const [what, says, is] of counts)
      if (says !== is)
        this.broken.push(`stats: ${what} is ${is} and said to be ${says} (at ${this.#clock.now()})`)
    for (const userId of ['ada', 'bob']) {
      const places = openPeers.filter(({ socket }) => socket?.auth.userId === userId).length
      if (places > this.mostPerUser) this.broken.push(`connectionsPerUser: ${userId} has ${places}`)
    }
  }

  #lookAt(peer: Peer): void {
    const now = this.#clock.now()
    const { socket, closed, startedAtMs } = peer
    const isOver = peer.isRefused || peer.wire.destroyed || peer.isLeaving
    if (!socket && peer.okEvents === 0) {
      if (!isOver && now >= startedAtMs + deadlineMs) this.blame('P2', peer, 'is pending past its deadline')
      if (closed && closed.atMs > Math.max(startedAtMs + deadlineMs, this.wokeAtMs))
        this.blame('P2', peer, 'was told late')
      if (closed && closed.atMs >= startedAtMs + deadlineMs && closed.code !== 4001 && closed.code !== 1000)
        this.blame('P2', peer, `was told ${closed.code} at its deadline`)
      if (peer.mustBeLetIn && peer.isFlushed && !peer.isGone)
        this.blame('admission', peer, 'was not let in with a good token')
    }
    if (!socket) return
    this.follow(peer)
    const [first = ''] = peer.texts
    const mustHear = peer.cameByMessage || peer.offers
    const isRight = mustHear ? first.startsWith('{"type":"auth_ok"') : first.startsWith('s') || first === ''
    // What a page that has a cookie presents is answered, and may be the first to be.
    const mayBeAnswered = peer.auth?.method === 'cookie' && peer.sentAuth
    if (!isRight && !mayBeAnswered && !peer.isGone)
      this.blame('first frame', peer, `heard ${first || 'nothing'}`)
    const isOpen = socket.readyState === WebSocket.OPEN
    if (isOpen && !this.isLive(peer)) this.blame('P3', peer, 'lives on after its end')
    if (!isOpen && closed?.code === 4004 && !peer.mayBeRevoked)
      this.blame('P3', peer, 'was revoked by nobody')
    if (peer.wire.closed && peer.closeEvents !== 1)
      this.blame('close', peer, `was told ${peer.closeEvents} times`)
    if (isOpen && now > peer.drainedByMs + 1) this.blame('drain', peer, 'is still there after it')
    if (this.continuous && peer.isUnsure) return
    if (!isOpen || peer.isPaused || !peer.isFlushed || peer.isGone) return
    const owed = peer.sent.filter(({ isEarly }) => !(isEarly && peer.cameByMessage)).length
    if (peer.delivered.length !== owed)
      this.blame('delivery', peer, `had ${peer.delivered.length} of ${owed} messages delivered`)
  }
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0)
}
