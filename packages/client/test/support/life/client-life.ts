import { AuthClient, type ClientEvents, type ClientStateName } from '../../../src/index.ts'
import { clientEventNames } from '../client-events.ts'
import { ApplicationMessages } from './application-messages.ts'
import { methodOptions } from './method-options.ts'
import { type Owner, type PeerSocket, socketClass } from './peer-socket.ts'
import { provider } from './provider.ts'
import { ListenersMistake, type World } from './world.ts'

const next: Readonly<Record<ClientStateName, readonly ClientStateName[]>> = {
  idle: ['connecting', 'closed'],
  connecting: ['authenticating', 'open', 'waiting', 'closed'],
  authenticating: ['connecting', 'open', 'waiting', 'closed'],
  open: ['connecting', 'waiting', 'closed'],
  waiting: ['connecting', 'closed'],
  closed: ['connecting'],
}

/** One AuthClient, the application that uses it at every moment, and an account of what it may tell. */
export class ClientLife implements Owner {
  readonly world: World
  readonly #client: AuthClient
  readonly #messages: ApplicationMessages
  readonly #sockets: PeerSocket[] = []
  #state: ClientStateName = 'idle'
  /** The application asked for a connection since the last one ended. */
  #asked = true
  #waitingSinceMs = -Infinity
  #connections = 0
  #closes = 0
  #owedCloses = 0
  #heard = 0
  #waitsForReady = 0
  /** The message that may be told now. */
  #mayHear = ''
  /** The wait that the server named for the one that is waited now. */
  #waitingMs = 0
  #dialledBefore = 0

  constructor(world: World) {
    this.world = world
    const { method } = world
    this.#messages = new ApplicationMessages(world)
    const ask = provider(world, () => {
      if (!/^(connecting|authenticating|open)$/.test(this.#client.state))
        world.blame(`P6 a token is asked for while ${this.#client.state}`)
      world.onTheSpot(() => this.act(), 0.06)
    })
    this.#client = new AuthClient('wss://api.example/ws', {
      token: world.chance(0.9) ? ask : 'token-of-alice-the-first-1000000',
      WebSocket: socketClass(this),
      tabs: false,
      connect: false,
      ...(world.chance(0.1) ? { reconnect: false } : {}),
      ...methodOptions[method],
    })
    for (const name of clientEventNames) this.#client.on(name, (event: unknown) => this.#told(name, event))
    for (const name of clientEventNames) {
      this.#client.on(name, () => {
        world.onTheSpot(() => this.act())
        world.onTheSpot(() => {
          throw new ListenersMistake('of a listener')
        }, 0.02)
      })
    }
    this.#call('connect', () => this.#client.connect())
  }

  /** What the application may do at any moment. */
  act(): void {
    const { world } = this
    const client = this.#client
    const what = world.pick([
      'send',
      'send',
      'send',
      'send',
      'connect',
      'reauthenticate',
      'close',
      'signOut',
      'ready',
      'once',
      'odd close',
    ])
    this.#call(what, () => {
      if (what === 'send') this.#send()
      if (what === 'connect' || what === 'reauthenticate') this.#asked = true
      if (what === 'reauthenticate') this.#dialledBefore = this.#sockets.length
      if (what === 'connect') client.connect()
      if (what === 'reauthenticate') client.reauthenticate()
      if (what === 'close') client.close()
      if (what === 'odd close') client.close(world.pick([4000, 1001, 1000]), 'bye')
      if (what === 'signOut') client.signOut()
      if (what === 'once') this.#once()
      if (what !== 'ready') return
      this.#waitsForReady++
      const settled = () => {
        this.#waitsForReady--
      }
      client.ready().then(settled, settled)
    })
  }

  /** Whatever the server of one of the last sockets may do. */
  peerActs(): void {
    const socket = this.#sockets.at(this.world.chance(0.9) ? -1 : -2)
    if (socket && socket.readyState < 3) socket.peer.act()
  }

  end(): void {
    this.#call('close', () => this.#client.close())
  }

  /** After the end, when all of its time has passed. */
  finish(): void {
    const { world } = this
    if (this.#waitsForReady > 0) world.blame('ready() settles')
    if (this.#sockets.some(({ readyState }) => readyState < 2)) world.blame('a socket is left open')
    this.#messages.finish()
  }

  /** What has to be true whenever nothing is on the stack. */
  look(): void {
    const { world } = this
    if (this.#client.state !== this.#state) world.blame('each state is told')
    if (this.#owedCloses > 0) world.blame('each end of a connection is told by a close event')
    this.#owedCloses = 0
  }

  dialled(socket: PeerSocket): void {
    if (this.#client.state !== 'connecting') this.world.blame(`P6 dials while ${this.#client.state}`)
    if (this.#sockets.some(({ readyState }) => readyState < 2)) this.world.blame('one socket alive')
    this.#sockets.push(socket)
  }

  sent(socket: PeerSocket, text: string): void {
    if (socket !== this.#sockets.at(-1)) this.world.blame('P1 sent on a socket that was replaced')
    this.#messages.sent(socket, text)
  }

  delivering(socket: PeerSocket, text: string, deliver: () => void): void {
    const { world } = this
    const { readyState, peer } = socket
    const isCurrent = readyState === 1 && this.#client.state === 'open' && socket === this.#sockets.at(-1)
    // Until the moment when the client lets go, the server may forgive, and a page that slept has not noticed yet.
    const may = isCurrent && peer.isAuthenticated && (world.slept || world.nowMs <= peer.endsAtMs + 5_000)
    const heard = this.#heard
    this.#mayHear = may ? text : ''
    deliver()
    this.#mayHear = ''
    if (may && text.startsWith('from') && this.#heard === heard)
      world.blame('a message of the server is delivered')
  }

  #told(name: keyof ClientEvents, event: unknown): void {
    const { world } = this
    world.tell(`told ${name} ${event instanceof Error ? event.message : JSON.stringify(event)}`)
    if (this.#state === 'closed' && !/state|close|dropped/.test(name))
      world.blame(`P6 ${name} after the stop`)
    if (name === 'state') this.#entered(event as ClientStateName)
    if (name === 'dropped') this.#messages.dropped(event as { count: number; reason: string })
    if (name === 'close') {
      this.#closes++
      this.#owedCloses = Math.max(0, this.#owedCloses - 1)
      if (this.#closes > this.#connections) world.blame('one close event per connection')
    }
    if (name === 'message') {
      this.#heard++
      if (event !== this.#mayHear) world.blame('P1 a message event where nobody is authenticated')
      this.#mayHear = ''
    }
  }

  #entered(state: ClientStateName): void {
    const { nowMs } = this.world
    if (!next[this.#state].includes(state))
      this.world.blame(`the state ${state} does not follow ${this.#state}`)
    if (state === 'connecting') {
      this.#connections++
      this.#dialledBefore = this.#sockets.length
      const namedMs = Math.max(100, this.#waitingMs)
      if (!this.#asked && nowMs < this.#waitingSinceMs + namedMs) this.world.blame('P6 dials too soon')
      if (this.#state === 'closed' && !this.#asked) this.world.blame('P6 dials after the stop')
    }
    if (state === 'waiting') {
      this.#owedCloses++
      this.#waitingSinceMs = nowMs
      this.#waitingMs = this.#sockets.slice(this.#dialledBefore).at(-1)?.peer.namedMs ?? 0
    }
    if (state === 'closed') this.#messages.stopped()
    if (state === 'waiting' || state === 'closed') this.#asked = false
    this.#state = state
  }

  #send(): void {
    const client = this.#client
    const { world } = this
    const text = this.#messages.write(client.userId)
    const { state } = client
    try {
      client.send(text)
    } catch (error) {
      if (state !== 'closed') world.blame(`send() throws ${error}`)
      this.#messages.refused(text)
    }
  }

  #once(): void {
    const name = this.world.pick(clientEventNames)
    let times = 0
    const listener = () => {
      if (++times > 1) this.world.blame('a listener of once() is called once')
      this.world.onTheSpot(() => this.act())
    }
    this.#client.once(name, listener)
    if (this.world.chance(0.3)) this.#client.off(name, listener)
  }

  #call(what: string, act: () => void): void {
    this.world.tell(`the application calls ${what}`)
    try {
      act()
    } catch (error) {
      this.world.blame(`${what} throws ${error}`)
    }
  }
}
