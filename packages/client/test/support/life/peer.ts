import type { PeerSocket } from './peer-socket.ts'
import { userOf } from './provider.ts'
import type { World } from './world.ts'

const closes: readonly [readonly [number, string], ...(readonly [number, string])[]] = [
  [4001, 'Authentication failed'],
  [4001, 'Authentication timeout'],
  [4002, 'Token expired'],
  [4003, 'Forbidden'],
  [4004, 'Session revoked'],
  [4029, 'Too many attempts; retry-after-ms=3000'],
  [1012, 'Service restart; retry-after-ms=500'],
  [1013, 'Try again later'],
  [1006, ''],
  [1006, ''],
  [1000, ''],
  [1002, ''],
  [4444, 'of the application'],
]

/** The server of one socket: an account of what it said to it, and a temper. */
export class Peer {
  /** From `auth_ok`, or what stands for it, to the end. */
  isAuthenticated = false
  /** When the credential ends, as the server said. */
  endsAtMs: number = Infinity
  userId: string | undefined
  /** The wait that the server named when it closed. */
  namedMs = 0
  #token = ''
  #accepted = ''
  #isRefused = false
  #hasControl = false
  #spoke = false
  readonly #socket: PeerSocket
  readonly #world: World

  constructor(socket: PeerSocket) {
    this.#socket = socket
    this.#world = socket.owner.world
  }

  get #channel(): string {
    return `channel-${`${this.#socket.number}`.padStart(8, '0')}`
  }

  /** The handshake is answered, at some time or never. */
  meet(): void {
    const world = this.#world
    const ms = world.pick([0, 0, 50, 400, 3_000])
    if (world.chance(0.8)) world.later(ms, () => this.#socket.open())
    else if (world.chance(0.7)) world.later(ms, () => this.#close())
  }

  presented(token: string, dialledAt: number = this.#socket.number): void {
    const refusedAt = this.#world.refused.get(token)
    // One that was dialled with before another connection learned that it is refused was presented before.
    if (refusedAt !== undefined && refusedAt < dialledAt) this.#world.blame('P6 a refused token is presented')
    this.#token = token
  }

  opened(): void {
    const { method } = this.#world
    if (method === 'header0') this.#accept(Infinity)
    if (method === 'header' || method === 'query') this.#soon(() => this.#answer())
  }

  /** True where the text is for the server, and not the application's. */
  takes(text: string): boolean {
    const isBearer = text.startsWith('Authorization: Bearer ')
    const isRefresh = text.startsWith('{"wsauth"')
    if (!isBearer && !isRefresh && !text.startsWith('{"type":"auth"')) return false
    this.#world.tell(`socket ${this.#socket.number} presents ${text}`)
    const token = isBearer ? text.slice(22) : JSON.parse(text).token
    this.presented(token, isRefresh ? Infinity : undefined)
    if (isBearer) this.#accept(Infinity)
    if (isRefresh) this.#soon(() => this.#answerRefresh(token))
    else if (!isBearer || this.#world.chance(0.2)) this.#soon(() => this.#answer())
    return true
  }

  /** Whatever a server may do at any moment. */
  act(): void {
    const world = this.#world
    const { number, readyState } = this.#socket
    if (readyState === 0 || world.chance(0.2)) {
      if (readyState === 1 || world.chance(0.2)) this.#close()
      else this.#socket.open()
      return
    }
    const control = (members: object) =>
      this.#hasControl && this.#socket.receive(JSON.stringify({ wsauth: this.#channel, ...members }))
    // Several in one turn.
    for (let more = true; more; more = world.chance(0.3)) {
      const what = world.pick(['message', 'message', 'message', 'required', 'ping', 'away', 'later'])
      if (what === 'message') this.#spoke = true
      if (what === 'message') this.#socket.receive(`from ${number} ${world.random()}`)
      if (what === 'required') control({ type: 'auth_required', deadlineMs: 5_000, reason: 'expiring' })
      if (what === 'ping') control({ type: 'ping' })
      if (what === 'away') control({ type: 'going_away', retryAfterMs: world.between(0, 4_000) })
      if (what === 'later') control({ type: 'of_a_later_version' })
    }
  }

  ending(code: number, reason: string): void {
    const { isAuthenticated } = this
    const said = /retry-after-ms=(\d+)/.exec(reason)
    this.namedMs = Number(said?.[1] ?? 0)
    this.isAuthenticated = false
    const isRefusal = code === 4002 || (code === 4001 && reason === 'Authentication failed')
    if (!isRefusal || this.#isRefused || this.#socket.readyState !== 1) return
    this.#refuse(isAuthenticated ? this.#accepted : this.#token)
  }

  #soon(act: () => void): void {
    const world = this.#world
    if (world.chance(0.93)) world.later(world.pick([0, 0, 20, 900, 9_000, 12_000]), act)
  }

  #refuse(token: string): void {
    if (this.#socket.onclose && token) this.#world.refused.set(token, this.#world.sockets)
  }

  #accept(lifeMs: number): void {
    if (this.#socket.readyState !== 1 || this.#isRefused) return
    this.isAuthenticated = true
    this.#accepted = this.#token
    this.endsAtMs = this.#world.nowMs + lifeMs
    this.userId ??=
      this.#world.method === 'header0' || this.#world.method === 'bearer' ? undefined : userOf(this.#token)
  }

  #close(): void {
    const [code, reason] = this.#world.pick(closes)
    if (this.#socket.readyState === 1 && this.#world.chance(0.3)) this.#socket.leave(code, reason)
    else this.#socket.end(code, reason)
  }

  #answer(): void {
    const world = this.#world
    if (this.#socket.readyState !== 1) return
    // Bearer text waits for no answer: after any message an answer is one as well.
    if (world.method === 'bearer') {
      if (!this.#spoke) this.#fail()
      return
    }
    if (world.chance(0.1)) this.#socket.receive('too early')
    const mood = world.random()
    if (mood < 0.75) this.#welcome()
    else if (mood < 0.93) this.#fail()
    else this.#close()
    if (world.chance(0.15)) this.act()
  }

  #welcome(): void {
    const world = this.#world
    if (this.#socket.readyState !== 1 || this.isAuthenticated) return
    const isVersion1 = world.method !== 'first0' && world.chance(0.9)
    const lifeMs = world.pick([undefined, 900, 6_000, 60_000, 900_000])
    this.#accept(isVersion1 ? (lifeMs ?? Infinity) : Infinity)
    this.#hasControl = isVersion1
    const heartbeatMs = world.pick([undefined, 700, 25_000])
    const more = { v: 1, channel: this.#channel, sessionId: 's', expiresInMs: lifeMs, heartbeatMs }
    this.#socket.receive(
      JSON.stringify({ type: 'auth_ok', userId: this.userId, ...(isVersion1 ? more : {}) }),
    )
  }

  #fail(): void {
    const world = this.#world
    const action = world.pick(['refresh', 'refresh', 'retry', 'stop'])
    if (this.#socket.readyState !== 1) return
    if (action === 'refresh' && world.method !== 'bearer') this.#refuse(this.#token)
    this.#isRefused = true
    this.isAuthenticated = false
    this.#socket.receive(JSON.stringify({ type: 'auth_fail', error: 'some_error', action, retryAfterMs: 0 }))
    if (world.chance(0.3)) this.#socket.end(4001, 'Authentication failed')
    else if (world.chance(0.7))
      world.later(world.between(0, 1_500), () => this.#socket.end(4001, 'Authentication failed'))
  }

  #answerRefresh(token: string): void {
    const world = this.#world
    if (this.#socket.readyState !== 1 || !this.isAuthenticated) return
    const expiresInMs = world.pick([undefined, 900, 60_000])
    const action = world.pick(['refresh', 'refresh', 'retry', 'stop'])
    const isGood = world.chance(0.6)
    if (isGood) {
      this.#accepted = token
      this.endsAtMs = world.nowMs + (expiresInMs ?? Infinity)
    } else if (action === 'refresh') this.#refuse(token)
    const answer = isGood
      ? { type: 'auth_ok', expiresInMs }
      : { type: 'auth_fail', error: 'some_error', action }
    this.#socket.receive(JSON.stringify({ wsauth: this.#channel, ...answer }))
  }
}
