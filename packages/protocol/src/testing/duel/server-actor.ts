import type {
  Finding,
  LiveState,
  ServerEffect,
  ServerInput,
  ServerState,
  Verdict,
} from '../../handshake/server-state.ts'
import { failures } from '../../wire/error-codes.ts'
import { secret } from '../../wire/secret.ts'
import { controlPrefix } from '../../wire/serialize-message.ts'
import { between, pick } from '../random.ts'
import { DueTimer } from './due-timer.ts'
import type { Frame, Wire } from './network.ts'
import { ServerWatch } from './server-watch.ts'
import { isCredential, lookalikes } from './texts.ts'
import type { World } from './world.ts'

type Timeless<T> = T extends unknown ? Omit<T, 'nowMs'> : never

const opening: ReadonlySet<string> = new Set(['awaiting-credential', 'verifying'])

/** A driver of the server machine, as small as one can be: performs its effects over a simulated connection. */
export class ServerActor {
  readonly #world: World
  readonly #wire: Wire
  readonly #channel: string
  #watch: ServerWatch | undefined
  #state: ServerState = { name: 'closed' }
  /** Text of the credential that the session stands on, and of those that are being verified. */
  #token = ''
  readonly #presented = new Map<number, string>()
  readonly #held: (string | undefined)[] = []
  /** What came before the 101: it is looked at after it. */
  readonly #head: (string | undefined)[] = []
  #arriving: string | undefined
  /** What is fed now is about a first message beside a good cookie. */
  #isGreeting = false
  #sentAtMs = 0
  #heardAtMs = 0
  #messages = 0
  readonly #due: DueTimer

  constructor(world: World, wire: Wire, channel: string) {
    this.#world = world
    this.#wire = wire
    this.#channel = channel
    this.#due = new DueTimer(world, () => this.#onDue())
    wire.receive('server', (frame) => this.#onFrame(frame))
  }

  /** The application says something. */
  say(): void {
    if (!this.#world.machines.mayDeliver(this.#state, this.#now)) return
    this.#watch?.said()
    const { random } = this.#world
    this.#send(random() < 0.3 ? pick(random, lookalikes) : `s:${++this.#messages}`)
  }

  /** Something happens to the connection from outside. */
  feed(input: Timeless<Extract<ServerInput, { type: 'revoke' | 'require' | 'drain' | 'refuse' }>>): void {
    if (this.#state.name === 'closed' || !this.#watch) return
    if (input.type === 'require') this.#watch.demanded(this.#now + input.deadlineMs)
    if (input.type === 'drain') this.#watch.mustEnd(this.#now + input.inMs)
    if (input.type === 'refuse') this.#watch.mustEnd(this.#now)
    this.#step(input)
  }

  /** The revocation of `user` reaches this node. */
  revoke(user: string, marginMs: number): void {
    const token = this.#world.identity.token(this.#token)
    if (this.#live && token?.user === user && this.#world.identity.isRevoked(token)) {
      this.feed({ type: 'revoke', marginMs })
    }
  }

  finish(): void {
    this.#watch?.finish()
  }

  #onFrame(frame: Frame): void {
    this.#heardAtMs = this.#now
    this.#watch?.heard()
    switch (frame.type) {
      case 'upgrade':
        this.#onUpgrade(frame)
        return
      case 'message':
        this.#onMessage(frame.text)
        return
      case 'ping':
        this.#wire.send('client', { type: 'pong' })
        return
      case 'close':
        this.#wire.send('client', frame)
        this.#onGone()
        return
      case 'gone':
        this.#onGone()
        return
    }
  }

  #onUpgrade({ version, token, ambient }: Extract<Frame, { type: 'upgrade' }>): void {
    const { machines, scenario } = this.#world
    this.#watch = new ServerWatch(this.#world)
    this.#sentAtMs = this.#now
    const finding: Finding =
      token === undefined ? { type: 'none' } : { type: 'credential', token: secret(token), ambient }
    const opening = { nowMs: this.#now, version, channel: this.#channel, finding }
    const { state, effects } = machines.openServer(scenario.server, opening)
    this.#become(state, effects, 'upgrade')
  }

  #onMessage(text: string | undefined): void {
    if (!this.#watch) return
    if (this.#state.name === 'upgrading') {
      this.#head.push(text)
      return
    }
    if (opening.has(this.#state.name)) {
      this.#watch.arrivedEarly(text, isCredential(text))
      this.#arriving = text
      this.#step({ type: 'message', text })
    } else if (this.#live && this.#live.greeting !== undefined) {
      this.#watch.arrivedBeside(text, isCredential(text), this.#live.greeting !== 'possible')
      this.#arriving = text
      this.#step({ type: 'message', text })
    } else if (this.#live?.version === 1 && text?.startsWith(controlPrefix(this.#channel))) {
      this.#step({ type: 'control', text })
    } else {
      this.#watch.arrived(text)
      this.#deliver(text)
    }
    this.#watch.settled()
  }

  #deliver(text: string | undefined): void {
    if (!this.#world.machines.mayDeliver(this.#state, this.#now)) return
    this.#watch?.delivered(text, this.#live?.subject.userId ?? '')
  }

  #onGone(): void {
    this.#step({ type: 'closed' })
    this.#watch?.over()
  }

  #step(input: Timeless<ServerInput>): void {
    const { machines, scenario } = this.#world
    const nowMs = this.#now
    this.#isGreeting = typeof this.#live?.greeting === 'number'
    const { state, effects } = machines.stepServer(scenario.server, this.#state, { ...input, nowMs })
    this.#become(state, effects, input.type)
  }

  #become(state: ServerState, effects: readonly ServerEffect[], input: string): void {
    const before = input === 'upgrade' ? 'none' : this.#state.name
    this.#world.count(`server ${before} --${input}--> ${state.name}`)
    this.#state = state
    for (const effect of effects) this.#perform(effect)
    if (state.name !== 'upgrading') for (const text of this.#head.splice(0)) this.#onMessage(text)
    this.#due.set(this.#world.machines.serverDueAt(this.#state))
  }

  #perform(effect: ServerEffect): void {
    this.#world.count(`server effect ${effect.type}`)
    switch (effect.type) {
      case 'accept':
        this.#wire.send('client', { type: 'accepted' })
        return
      case 'reject': {
        const status = failures[effect.error].httpStatus ?? 0
        this.#wire.send('client', { type: 'rejected', status, retryAfterMs: effect.retryAfterMs })
        this.#watch?.over()
        return
      }
      case 'send':
        this.#send(effect.text)
        return
      case 'verify':
        if (effect.reason === 'connect' && this.#state.name === 'verifying') this.#watch?.holds()
        this.#verify(effect.attempt, effect.token.reveal(), effect.reason)
        return
      case 'revalidate':
        this.#verify(effect.attempt, this.#token, 'look')
        return
      case 'hold':
        this.#held.push(this.#arriving)
        return
      case 'admit':
        this.#token = this.#presented.get(1) ?? ''
        this.#watch?.admitted(effect.grant, this.#live?.version ?? 0)
        return
      case 'release':
        for (const text of this.#held.splice(0)) this.#deliver(text)
        this.#watch?.settled()
        return
      case 'renew':
        if (effect.refreshed) this.#token = this.#presented.get(this.#live?.attempt ?? 0) ?? ''
        this.#watch?.renewed(effect.grant, effect.refreshed, this.#live?.version ?? 0, this.#isGreeting)
        return
      case 'refresh-refused':
        return
      case 'ping':
        this.#sentAtMs = this.#now
        this.#wire.send('client', { type: 'ping' })
        return
      case 'close':
        this.#wire.send('client', { type: 'close', code: effect.code, reason: effect.reason })
        this.#watch?.over()
        return
      case 'terminate':
        this.#wire.reset()
        this.#watch?.over()
        return
    }
  }

  /** A verifier that is slow, fails or never answers; it looks for revocations at some moment on the way. */
  #verify(attempt: number, text: string, reason: 'connect' | 'refresh' | 'look'): void {
    const { clock, identity, random, scenario } = this.#world
    this.#presented.set(attempt, text)
    this.#watch?.asked(attempt)
    const { verifier } = scenario
    if (verifier === 'hanging' && random() < 0.3) return
    const slowestMs = verifier === 'slow' ? 8_000 : 50
    const token = identity.token(text)
    clock.schedule(between(random, 0, slowestMs), () => {
      let isRevoked = token !== undefined && identity.isRevoked(token)
      clock.schedule(between(random, 0, slowestMs), () => {
        // A driver looks once more where nobody is signed in yet: there the machine cannot know whom it concerns.
        const isNobody = reason === 'connect' || this.#live?.subject.anonymous === true
        if (isNobody && token) isRevoked = identity.isRevoked(token)
        const verdict: Verdict =
          verifier === 'failing' && random() < 0.4
            ? { ok: false, error: random() < 0.8 ? 'temporarily_unavailable' : 'access_denied' }
            : identity.verdict(text, this.#now, isRevoked)
        this.#watch?.verdict(token, attempt, verdict.ok)
        this.#step({ type: 'verdict', attempt, verdict })
      })
    })
  }

  #send(text: string | undefined): void {
    this.#sentAtMs = this.#now
    this.#wire.send('client', { type: 'message', text })
  }

  #onDue(): void {
    this.#step({ type: 'due', sentAtMs: this.#sentAtMs, heardAtMs: this.#heardAtMs })
  }

  /** The state of a connection that is authenticated, by its name. */
  get #live(): LiveState | undefined {
    const state = this.#state
    return state.name === 'authenticated' || state.name === 'reauthenticating' ? state : undefined
  }

  get #now(): number {
    return this.#world.clock.now()
  }
}
