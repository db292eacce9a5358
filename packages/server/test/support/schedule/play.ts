import { between, FakeClock, pick, seededRandom } from '@wsauth/protocol/testing'
import {
  type AuthOptions,
  type AuthWebSocket,
  AuthWebSocketServer,
  cookie,
  firstMessage,
  header,
  issueTicket,
  MemoryTicketStore,
  type Method,
  query,
  type RevokeTarget,
  subprotocol,
  ticket,
} from '@wsauth/server'
import { incoming, type RawHeader } from '../requests.ts'
import { Peer } from './peer.ts'
import { SlowRevocations } from './slow-revocations.ts'
import { covers, type Token, Tokens } from './tokens.ts'
import { Watch } from './watch.ts'

const origin = 'https://app.example'
const never = Number.POSITIVE_INFINITY

/** What came of one schedule. */
export interface Played {
  /** Each broken promise, in words; none is what is hoped for. */
  readonly broken: readonly string[]
  /** What was done, step by step. */
  readonly story: readonly string[]
}

/** One server with features at random, in front of clients in memory, and what happens to it. */
class Schedule {
  readonly clock: FakeClock = new FakeClock()
  readonly story: string[] = []
  readonly #random: () => number
  readonly #count: (what: string) => void
  readonly #tokens: Tokens
  readonly #store: MemoryTicketStore
  readonly #methods: readonly Method[]
  readonly #anonymous: boolean
  readonly #wss: AuthWebSocketServer
  readonly #watch: Watch
  readonly #tickets: { readonly ticket: string; readonly token: Token }[] = []
  readonly #waiting: Promise<unknown>[] = []
  readonly #breaks: boolean
  readonly #isSlow: boolean
  #isClosed = false

  constructor(random: () => number, count: (what: string) => void) {
    const { clock } = this
    this.#random = random
    this.#count = count
    this.#tokens = new Tokens(clock, random)
    this.#store = new MemoryTicketStore({ now: () => clock.wallNow() })
    const all = [
      firstMessage(),
      header(),
      ticket({ store: this.#store }),
      cookie(),
      query({ param: 'token', maxRemainingLifeMs: 1e9 }),
      subprotocol(),
    ]
    const some = all.filter(({ name }) => random() < (name === 'firstMessage' ? 0.8 : 0.5))
    this.#methods = some.length > 0 ? some : [firstMessage()]
    const hasCookie = this.#methods.some(({ name }) => name === 'cookie')
    this.#anonymous = !hasCookie && random() < 0.2
    this.#breaks = random() < 0.25
    const mostPerUser = random() < 0.25 ? between(random, 1, 2) : never
    const continuous = random() < 0.2
    const { verifier } = this.#tokens
    const auth: AuthOptions = {
      clock,
      verifier: random() < 0.3 ? Object.assign(verifier.bind(undefined), { revalidate: verifier }) : verifier,
      methods: this.#methods,
      ...(hasCookie ? { origins: [origin] } : {}),
      reject: pick(random, ['auto', 'auto', 'http', 'close']),
      allowAnonymous: this.#anonymous,
      continuous,
      heartbeatMs: pick(random, [1_500, 25_000]),
      revalidateMs: pick(random, [2_000, 60_000]),
      trustProxy: [],
      limits: { failuresPerAddress: 1e9, failuresPerSubject: 1e9, connectionsPerUser: mostPerUser },
    }
    const own = random() < 0.3 ? { revocations: new SlowRevocations(clock, random) } : {}
    this.#isSlow = 'revocations' in own
    this.#wss = new AuthWebSocketServer({ noServer: true, auth: { ...auth, ...own } })
    // Before the listeners of an application, which may throw.
    this.#watch = new Watch(this.#wss, clock, this.#tokens)
    this.#watch.mostPerUser = mostPerUser
    this.#watch.continuous = continuous
    this.#wss.on('hook_error', () => {})
    for (const name of ['auth_ok', 'auth_fail', 'auth_refresh', 'auth_expired', 'auth_revoked'] as const)
      this.#wss.on(name, () => this.#mayBreak(name))
    const names = this.#methods.map(({ name }) => name).join(' ')
    this.#tell(
      `${names}${continuous ? ', continuous' : ''}${this.#anonymous ? ', anonymous' : ''}, reject ${auth.reject}, ${mostPerUser} a user`,
    )
  }

  async play(): Promise<Played> {
    const steps = between(this.#random, 10, 40)
    for (let step = 0; step < steps && this.#watch.broken.length === 0; step++) {
      await this.#act()
      await this.#settle()
      this.#watch.look()
    }
    if (this.#watch.broken.length === 0) await this.#end()
    return { broken: this.#watch.broken, story: this.story }
  }

  #tell(what: string): void {
    this.story.push(`${this.clock.now()} ${what}`)
  }

  /** A listener of the application fails, now or later in the turn. */
  #mayBreak(what: string): unknown {
    if (!this.#breaks || this.#random() > 0.1) return undefined
    this.#count(`${what} breaks`)
    this.#tell(`a listener of ${what} breaks`)
    throw new Error('a listener broke')
  }

  async #settle(): Promise<void> {
    for (let turn = 0; turn < (this.#watch.isShut ? 4 : 2); turn++)
      await new Promise((resolve) => setImmediate(resolve))
  }

  /** What each timer sets off comes to its end before the next one runs. */
  async #advance(ms: number): Promise<void> {
    const { clock } = this
    const untilMs = clock.now() + ms
    while (clock.nextAtMs <= untilMs) {
      clock.advance(Math.max(0, clock.nextAtMs - clock.now()))
      await this.#settle()
    }
    clock.advance(untilMs - clock.now())
  }

  async #act(): Promise<void> {
    const random = this.#random
    const { peers } = this.#watch
    const peer = peers.length > 0 ? pick(random, [...peers] as [Peer, ...Peer[]]) : undefined
    const dice = random()
    if (!peer || (dice < 0.15 && peers.length < 8)) await this.#connect()
    else if (dice < 0.4) await this.#pass()
    else if (dice < 0.8) this.#peerActs(peer)
    else if (dice < 0.9) this.#applicationActs(peer)
    else this.#operatorActs(peer)
  }

  async #pass(): Promise<void> {
    const random = this.#random
    const { nextAtMs } = this.clock
    const untilNext = nextAtMs === never ? 1 : nextAtMs - this.clock.now()
    const ms = Math.min(
      70_000,
      pick(random, [untilNext, untilNext, Math.max(0, untilNext - 1), 1, between(random, 1, 3_000)]),
    )
    if (random() < 0.15) {
      this.#tell(`the machine sleeps ${ms}`)
      this.clock.sleep(ms)
      this.#watch.isAsleep = true
      for (const peer of this.#watch.peers) if (random() < 0.5 && !peer.isGone) this.#says(peer)
      await this.#settle()
      // What is overdue runs at the next tick of a timer.
      this.#watch.isAsleep = false
      this.#watch.wokeAtMs = this.clock.now() + 1
      this.clock.advance(1)
    } else {
      this.#tell(`${ms} pass`)
      await this.#advance(ms)
    }
  }

  async #connect(): Promise<void> {
    const random = this.#random
    const offers = random() < 0.4
    const peer = new Peer(this.#watch.peers.length, offers, () => this.clock.now(), random)
    peer.answersClose = random() < 0.8
    const headers: RawHeader[] = [
      ['Connection', 'Upgrade'],
      ['Upgrade', 'websocket'],
      ['Origin', origin],
    ]
    const offered = offers ? ['wsauth.v1'] : []
    let target = peer.path
    const method = pick(random, [...this.#methods] as [Method, ...Method[]])
    const reused = random() < 0.1 ? this.#tokens.any() : undefined
    const token = reused ?? this.#tokens.make()
    let isPresented = random() < 0.85
    if (!isPresented || method.name === 'firstMessage') isPresented = false
    else if (method.name === 'header') headers.push(['Authorization', `Bearer ${peer.presents(token)}`])
    else if (method.name === 'cookie') headers.push(['Cookie', `session=${peer.presents(token)}`])
    else if (method.name === 'query') target += `?token=${peer.presents(token)}`
    else if (method.name === 'subprotocol')
      offered.push(`wsauth.bearer.${Buffer.from(peer.presents(token)).toString('base64url')}`)
    else {
      peer.ticket = await this.#ticketFor(peer, token)
      target += `?ticket=${peer.ticket}`
    }
    if (offered.length > 0) headers.push(['Sec-WebSocket-Protocol', offered.join(', ')])
    this.#tell(
      `p${peer.id} connects${offers ? ' v1' : ''}${isPresented ? ` by ${method.name} ${told(token)}` : ''}`,
    )
    this.#count(isPresented ? method.name : 'nothing in the request')
    this.#watch.peers.push(peer)
    peer.mustBeLetIn = isPresented && method.name !== 'ticket' && this.#isIn(token)
    if (random() < 0.1) this.#says(peer)
    const request = incoming({ url: target, headers })
    this.#wss.handleUpgrade(request, peer.wire, Buffer.alloc(0), (socket) => this.#admitted(peer, socket))
    if (random() < 0.03) peer.reset()
    await this.#settle()
    if (!isPresented && random() < 0.7) this.#presents(peer)
    else if (random() < 0.5) this.#says(peer)
  }

  /** A new one, or one that was shown before. */
  async #ticketFor(peer: Peer, token: Token): Promise<string> {
    const random = this.#random
    const before = random() < 0.3 ? this.#tickets.at(-1) : undefined
    const meant = before?.token ?? token
    peer.presents(meant)
    if (before || !token.isGood) return before?.ticket ?? 'none'
    const now = () => this.clock.wallNow()
    const { principal } = token
    const issued = await issueTicket({ store: this.#store, principal, origin, now }).catch(() => undefined)
    if (issued) this.#tickets.push({ ticket: issued.ticket, token })
    return issued?.ticket ?? 'none'
  }

  /** Whether nothing speaks against letting it in at once. */
  #isIn(token: Token): boolean {
    const { mostPerUser } = this.#watch
    if (
      this.#isSlow ||
      this.#watch.isShut ||
      this.#breaks ||
      mostPerUser < never ||
      token.mood !== 'now' ||
      !token.isGood
    )
      return false
    return token.endsAtMs - 500 > this.clock.now() && !this.#tokens.isRevoked(token)
  }

  #admitted(peer: Peer, socket: AuthWebSocket): void {
    this.#count(`admitted by ${socket.auth.method}`)
    this.#watch.admitted(peer, socket)
    peer.onText = (text) => {
      if (text.startsWith('s') && !this.#watch.mayHear(peer))
        this.#watch.blame('P1', peer, 'was sent a message while it was not authenticated')
    }
    socket.on('message', (data) => {
      this.#count('delivered')
      this.#watch.heard(peer, String(data))
      if (this.#random() < 0.05) this.#closes(peer)
      this.#breaksAt(peer, 'message')
    })
    socket.on('close', () => {
      peer.closeEvents++
      this.#breaksAt(peer, 'close')
    })
    if (this.#random() < 0.5) socket.send(`s${peer.id}`)
    if (this.#random() < 0.05) this.#closes(peer)
    this.#breaksAt(peer, 'connection')
  }

  #breaksAt(peer: Peer, what: string): void {
    try {
      this.#mayBreak(what)
    } catch (error) {
      peer.isEnded = true
      throw error
    }
  }

  #closes(peer: Peer): void {
    this.#tell(`the application closes p${peer.id}`)
    if (this.#random() < 0.5) peer.socket?.close(4_500)
    else peer.socket?.terminate()
    peer.isEnded = true
  }

  /** A message of the application's, or one that looks like it. */
  #says(peer: Peer): void {
    const random = this.#random
    const brings = this.#watch.continuous && random() < 0.9
    const auth = this.#tokens.named(peer.auth?.claims.token)
    const token = brings ? (auth && random() < 0.7 ? auth : this.#tokens.make()) : undefined
    this.#tell(`p${peer.id} says m${peer.sent.length}${token ? ` with ${told(token)}` : ''}`)
    const isSure = token !== undefined && this.#isIn(token) && token.userId === peer.auth?.userId
    peer.tell(token)
    if (!isSure || !peer.isFlushed) peer.isUnsure = true
  }

  #peerActs(peer: Peer): void {
    if (peer.isGone) return
    const random = this.#random
    const dice = random()
    if (dice < 0.35) this.#says(peer)
    else if (dice < 0.65) this.#presents(peer)
    else if (dice < 0.85) peer.flush()
    else if (dice < 0.92) peer.ping()
    else if (dice < 0.97) {
      this.#tell(`p${peer.id} hangs up`)
      peer.hangUp()
    } else {
      this.#tell(`p${peer.id} is reset`)
      peer.reset()
    }
  }

  /** A first message, or a newer token on a live connection. */
  #presents(peer: Peer): void {
    const random = this.#random
    const known = peer.auth?.userId
    const reused = random() < 0.15 ? this.#tokens.any() : undefined
    const token = reused ?? this.#tokens.make(known && random() < 0.8 ? known : undefined)
    if (peer.channel !== undefined) {
      this.#count('refresh presented')
      this.#tell(`p${peer.id} refreshes with ${told(token)}`)
      peer.say(JSON.stringify({ wsauth: peer.channel, type: 'auth', token: peer.presents(token) }))
      return
    }
    // On a connection that is somebody's already it would be a message of the application's.
    if (peer.status !== 101 || peer.sentAuth || (peer.socket && peer.auth?.method !== 'cookie')) return
    if (peer.sent.length > 0 && peer.socket) return
    const nobody = this.#anonymous && random() < 0.5
    const v = random() < 0.7 ? 1 : undefined
    this.#tell(`p${peer.id} says auth${v ? ' v1' : ''} with ${nobody ? 'nothing' : told(token)}`)
    this.#count('first message')
    const takesIt = this.#methods.some(({ name }) => name === 'firstMessage')
    const isFresh = !peer.socket && !peer.isRefused && peer.sent.length < 10
    peer.mustBeLetIn = takesIt && isFresh && !nobody && this.#isIn(token)
    if (!takesIt && peer.socket) return
    peer.sentAuth = true
    peer.say(JSON.stringify({ type: 'auth', token: nobody ? '' : peer.presents(token), v }))
    // What has not come may be too late when it does.
    if (!peer.isFlushed) peer.mustBeLetIn = false
  }

  #applicationActs(peer: Peer): void {
    const { socket } = peer
    if (!socket) return
    const random = this.#random
    const dice = random()
    if (dice < 0.3) socket.send(`s${peer.id}`)
    else if (dice < 0.5) {
      peer.isPaused = !peer.isPaused
      peer.pausedFrom = peer.sent.length
      if (peer.isPaused) socket.pause()
      else socket.resume()
    } else if (dice < 0.65) this.#closes(peer)
    else {
      const deadlineMs = between(random, 1, 4_000)
      this.#tell(`requireAuth of p${peer.id} in ${deadlineMs}`)
      this.#count('requireAuth')
      if (this.#watch.isLive(peer)) peer.endsByMs = Math.min(peer.endsByMs, this.clock.now() + deadlineMs)
      this.#waiting.push(socket.requireAuth({ deadlineMs }).catch(() => {}))
    }
  }

  #operatorActs(peer: Peer): void {
    const random = this.#random
    const { userId = pick(random, ['ada', 'bob']), sessionId = `${userId}-1`, claims } = peer.auth ?? {}
    const target = pick<RevokeTarget>(random, [
      { userId: userId || 'ada' },
      { sessionId },
      { tokenId: `${claims?.token ?? 't0'}` },
    ])
    const dice = random()
    if (dice < 0.55) this.#revoke(target)
    else if (dice < 0.8) {
      if ('tokenId' in target) return
      this.#tell(`disconnect ${JSON.stringify(target)}`)
      this.#count('disconnect')
      const meant = this.#watch.peers.filter(
        (one) => one.socket?.readyState === 1 && isMeant(target, one.socket.auth),
      )
      for (const one of meant) {
        one.endsByMs = this.clock.now()
        one.mayBeRevoked = true
      }
      const count = this.#wss.disconnect(target)
      if (count !== meant.length) this.#watch.broken.push(`disconnect: said ${count}, were ${meant.length}`)
    } else if (dice < 0.9) this.#drain()
    else if (dice < 0.93) this.#close()
  }

  #revoke(target: RevokeTarget): void {
    const random = this.#random
    const { clock } = this
    const marginMs = pick(random, [0, 0, between(random, 1, 4_000)])
    const issuedBefore = clock.wallNow() - pick(random, [0, 0, between(random, 0, 4_000)])
    this.#tell(
      `revoke ${JSON.stringify(target)} before ${issuedBefore - clock.wallNow()}, margin ${marginMs}`,
    )
    this.#count('revoke')
    const revoked = { target, issuedBeforeMs: issuedBefore }
    for (const peer of this.#watch.peers) {
      const token = this.#watch.follow(peer)
      if (!token || !covers(revoked, token, peer.auth?.sessionId)) continue
      peer.mayBeRevoked = true
      const byMs = clock.now() + (peer.channel === undefined ? 0 : marginMs)
      peer.revokedByMs = Math.min(peer.revokedByMs, byMs)
    }
    this.#tokens.revoked.push(revoked)
    for (const peer of this.#watch.peers) peer.mustBeLetIn = false
    this.#waiting.push(this.#wss.revoke(target, { issuedBefore, marginMs }))
  }

  #drain(): void {
    const overMs = between(this.#random, 0, 8_000)
    this.#tell(`drain over ${overMs}`)
    this.#count('drain')
    this.#watch.isShut = true
    let live = 0
    for (const peer of this.#watch.peers) {
      peer.mustBeLetIn = false
      if (peer.socket?.readyState !== 1) continue
      live++
      peer.drainedByMs = Math.min(peer.drainedByMs, this.clock.now() + overMs)
    }
    const draining = this.#wss.drain({ overMs, batch: between(this.#random, 1, 4) })
    this.#waiting.push(
      draining.then(({ closed, left }) => {
        if (closed < 0 || left < 0 || closed + left !== live)
          this.#watch.broken.push(`drain: ${closed} closed and ${left} left of ${live}`)
      }),
    )
  }

  #close(): void {
    if (this.#isClosed) return
    this.#tell('the server closes')
    this.#count('close')
    this.#watch.isShut = true
    this.#isClosed = true
    for (const peer of this.#watch.peers) peer.mustBeLetIn = false
    const closed = new Promise((resolve) => this.#wss.once('close', resolve))
    this.#waiting.push(closed)
    this.#wss.close()
  }

  /** Everybody leaves, all comes to its end, and nothing is left. */
  async #end(): Promise<void> {
    this.#close()
    this.#waiting.push(this.#wss.drain({ overMs: 0 }))
    for (const peer of this.#watch.peers) {
      if (this.#random() < 0.5) peer.hangUp()
      if (this.#random() < 0.3) peer.reset()
    }
    for (let round = 0; round < 3; round++) {
      await this.#settle()
      await this.#advance(3_000)
    }
    await this.#advance(20_000)
    await this.#settle()
    const { broken } = this.#watch
    for (const peer of this.#watch.peers)
      if (!peer.wire.destroyed) this.#watch.blame('no leak', peer, 'is still there')
    this.#watch.look()
    const { pending, live, verifying } = this.#wss.stats()
    const left = { pending, live, verifying, clients: this.#wss.clients.size, timers: this.clock.pending }
    for (const [what, count] of Object.entries(left)) if (count > 0) broken.push(`no leak: ${count} ${what}`)
    const all = Promise.all(this.#waiting).then(() => true)
    const isAll = await Promise.race([all, this.#settle().then(() => false)])
    if (!isAll) broken.push('a drain, a close, a revoke or a requireAuth never came to its end')
  }
}

function told({ name, userId, sessionId, endsAtMs, isGood, mood }: Token): string {
  return `${isGood ? '' : 'bad '}${name} of ${sessionId ?? userId} to ${endsAtMs} answered ${mood}`
}

function isMeant(target: RevokeTarget, auth: AuthWebSocket['auth']): boolean {
  return 'userId' in target
    ? target.userId === auth.userId
    : 'sessionId' in target && target.sessionId === auth.sessionId
}

/** Plays the server's drivers over a random schedule, which the same seed plays again. */
export function playSchedule(seed: number, count: (what: string) => void = () => {}): Promise<Played> {
  return new Schedule(seededRandom(seed), count).play()
}
