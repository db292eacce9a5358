import { clientDueAt } from '../../handshake/client.ts'
import type {
  ClientEffects,
  ClientHappening,
  ClientState,
  Outcome,
  TokenReason,
} from '../../handshake/client-state.ts'
import { actionOfStatus } from '../../wire/close-codes.ts'
import { closeReason } from '../../wire/close-reason.ts'
import { ClientTokens } from './client-tokens.ts'
import { ClientWatch } from './client-watch.ts'
import { DueTimer } from './due-timer.ts'
import type { Frame, Wire } from './network.ts'
import type { Provider } from './provider.ts'
import type { World } from './world.ts'

const never = Number.POSITIVE_INFINITY
const tokenTimeoutMs = 10_000

/** A driver of the client machine that comes back: the provider is asked, the memory kept, the outbox fenced by user. */
export class ClientActor {
  readonly #world: World
  readonly #watch: ClientWatch
  readonly #provider: Provider
  readonly #tokens: ClientTokens
  readonly #connect: () => Wire
  /** Whether the runtime shows the status of a refused upgrade, as Node does and browsers do not. */
  readonly #seesStatus: boolean
  #attempt = 0
  #wire: Wire | undefined
  #state: ClientState
  /** Answers that are older than the connection are dropped. */
  #generation = 0
  #share = 0
  #openAtMs = never
  #heardAtMs = 0
  #user = ''
  #outbox: string[] = []
  #messages = 0
  #left = false
  #frozenUntilMs = 0
  readonly #due: DueTimer

  constructor(world: World, provider: Provider, connect: () => Wire) {
    this.#world = world
    this.#watch = new ClientWatch(world)
    this.#provider = provider
    this.#tokens = new ClientTokens(world.machines)
    this.#connect = connect
    this.#seesStatus = world.random() < 0.5
    this.#share = world.random()
    this.#state = world.machines.openClient(this.#now + tokenTimeoutMs)
    this.#user = provider.user
    this.#due = new DueTimer(world, () => this.#onDue())
    this.#begin()
  }

  /** The application says something; what cannot be sent now waits, and only for the user it was written as. */
  say(): void {
    if (this.#left) return
    const text = `${this.#user}:${++this.#messages}`
    if (!this.#isFrozen && this.#world.machines.maySend(this.#state, this.#now)) this.#send(text)
    else if (this.#outbox.length < 16) this.#outbox.push(text)
  }

  refresh(): void {
    this.#step({ type: 'refresh' })
  }

  leave(): void {
    if (this.#left) return
    this.#left = true
    this.#watch.leaves()
    this.#step({ type: 'leave', event: {} })
  }

  /** The page sleeps: nothing runs, and what arrives waits. */
  freeze(ms: number): void {
    this.#frozenUntilMs = this.#now + ms
  }

  /** The cable is pulled, or the server's host dies. */
  cut(how: 'reset' | 'hush'): void {
    this.#wire?.[how]()
  }

  /** Somebody else writes on the client's connection. */
  meddle(text: string): void {
    this.#wire?.send('server', { type: 'message', text })
  }

  #begin(): void {
    if (this.#left) return
    this.#generation++
    this.#share = this.#world.random()
    this.#state = this.#world.machines.openClient(this.#now + tokenTimeoutMs)
    this.#openAtMs = never
    this.#fetch(this.#tokens.begin())
  }

  #fetch(reason: TokenReason): void {
    const generation = this.#generation
    const answer = this.#provider.answer(reason)
    this.#world.clock.schedule(answer.inMs, () => {
      if (generation !== this.#generation) return
      if ('action' in answer) {
        this.#step({ type: 'token-failed', event: answer })
        return
      }
      // The same string again is not presented (PROTOCOL 6.6).
      if (this.#tokens.isRefused(answer.token)) {
        this.#step({ type: 'token-failed', event: { action: 'stop' } })
        return
      }
      this.#tokens.current = answer.token
      this.#step({ type: 'token' })
    })
  }

  #onFrame(wire: Wire, frame: Frame): void {
    if (wire !== this.#wire) return
    if (frame.type === 'ping') wire.send('server', { type: 'pong' })
    if (this.#isFrozen) {
      this.#world.clock.schedule(this.#frozenUntilMs - this.#now, () => this.#onFrame(wire, frame))
      return
    }
    this.#heardAtMs = this.#now
    this.#watch.heard(frame, this.#state.control)
    switch (frame.type) {
      case 'accepted':
        this.#step({ type: 'open' })
        return
      case 'rejected': {
        const reason = this.#seesStatus ? closeReason('', frame.retryAfterMs) : ''
        const action = this.#seesStatus ? actionOfStatus(frame.status) : undefined
        this.#step({ type: 'close', event: { code: 1006, reason, action } })
        return
      }
      case 'message':
        this.#step({ type: 'message', event: { data: frame.text } })
        this.#watch.settled(this.#world.scenario.client.answered === false)
        return
      case 'close':
        this.#step({ type: 'close', event: frame })
        return
      case 'gone':
        this.#step({ type: 'close', event: { code: 1006, reason: '' } })
        return
    }
  }

  #step(happening: ClientHappening): void {
    const { machines, scenario } = this.#world
    const before = this.#state.name
    const [state, effects] = machines.stepClient(scenario.client, this.#state, {
      ...happening,
      nowMs: this.#now,
      heardAtMs: this.#heardAtMs,
      share: this.#share,
      token: this.#tokens.current,
    })
    this.#world.count(`client ${before} --${happening.type}--> ${state.name}`)
    this.#state = state
    this.#perform(effects)
    this.#due.set(clientDueAt(this.#state, this.#heardAtMs))
  }

  /** In the order in which {@link ClientEffects} has them. */
  #perform(effects: ClientEffects): void {
    for (const name of Object.keys(effects)) this.#world.count(`client effect ${name}`)
    const { told, fetchToken, dial, send, opened, message, leave, closed } = effects
    if (told?.type === 'auth_ok') this.#tokens.accept()
    if (told?.type === 'auth_fail' && told.action === 'refresh' && this.#state.name === 'open') {
      this.#tokens.refuse()
    }
    if (fetchToken !== undefined) this.#fetch(fetchToken)
    if (dial !== undefined) this.#dial(dial)
    if (send !== undefined) {
      if (this.#state.name === 'open' && !opened) this.#watch.refreshed(this.#tokens.current)
      this.#wire?.send('server', { type: 'message', text: send })
    }
    if (opened) this.#onOpen(opened.userId, opened.type === 'auth_ok')
    if ('message' in effects) this.#watch.delivered(message as string | undefined)
    if (leave) this.#wire?.send('server', { type: 'close', code: 1000, reason: '' })
    if (closed) this.#onClosed(closed)
  }

  #dial(token: string): void {
    const { client, cookie } = this.#world.scenario
    const explicit = client.present ? undefined : token
    this.#watch.dialled(token)
    const wire = this.#connect()
    this.#wire = wire
    this.#heardAtMs = this.#now
    wire.receive('client', (frame) => this.#onFrame(wire, frame))
    const version = client.present ? 0 : client.version
    const ambient = explicit === undefined && cookie
    wire.send('server', {
      type: 'upgrade',
      version,
      token: ambient ? this.#provider.cookie : explicit,
      ambient,
    })
  }

  #onOpen(userId: unknown, isProof: boolean): void {
    this.#watch.opened()
    this.#openAtMs = this.#now
    // The 101 alone, and the silence after bearer text, prove nothing about the token.
    if (isProof) this.#tokens.accept()
    const user = typeof userId === 'string' ? userId : this.#provider.userOf(this.#tokens.current)
    if (user !== this.#user) this.#outbox = []
    this.#user = user
    while (this.#outbox.length > 0 && this.#world.machines.maySend(this.#state, this.#now)) {
      this.#send(this.#outbox.shift() ?? '')
    }
  }

  #onClosed(outcome: Outcome): void {
    const { machines, random } = this.#world
    this.#due.set(never)
    this.#wire?.reset()
    this.#wire = undefined
    this.#generation++
    const openMs = this.#now - Math.min(this.#now, this.#openAtMs)
    if (openMs >= 5_000 && this.#world.scenario.client.version === 0) this.#tokens.forgive()
    const action = this.#tokens.after(outcome.action)
    this.#watch.ended(outcome, action)
    if (action === 'stop') {
      this.#left = true
      return
    }
    const options = { minDelayMs: 1_000, maxDelayMs: 30_000 }
    const [attempt, inMs] = machines.nextAttempt(
      this.#attempt,
      openMs,
      random(),
      options,
      outcome.retryAfterMs,
    )
    this.#attempt = attempt
    this.#world.clock.schedule(inMs, () => this.#begin())
  }

  #send(text: string): void {
    this.#watch.sent()
    this.#wire?.send('server', { type: 'message', text })
  }

  #onDue(): void {
    if (this.#isFrozen) this.#due.set(this.#frozenUntilMs, 0)
    else this.#step({ type: 'due' })
  }

  get #isFrozen(): boolean {
    return this.#now < this.#frozenUntilMs
  }

  get #now(): number {
    return this.#world.clock.now()
  }
}
