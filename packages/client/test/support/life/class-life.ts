import { type AuthWebSocket, createWebSocketClass } from '../../../src/index.ts'
import { methodOptions } from './method-options.ts'
import { type Owner, type PeerSocket, socketClass } from './peer-socket.ts'
import { provider } from './provider.ts'
import type { World } from './world.ts'

interface Told {
  readonly socket: AuthWebSocket
  readonly events: string[]
  readyState: number
}

/** What the standard has a socket tell, in this order. */
const legal = /^(open( message)*)?( ?error)?( ?close)?$/

/** Some sockets of one class, used by an application at every moment. */
export class ClassLife implements Owner {
  readonly world: World
  readonly #Class: ReturnType<typeof createWebSocketClass>
  readonly #all: Told[] = []
  readonly #under: Map<PeerSocket, Told> = new Map()
  #calls = 0
  #mayHear = ''

  constructor(world: World) {
    this.world = world
    const ask = provider(world, () => world.onTheSpot(() => this.act(), 0.06))
    this.#Class = createWebSocketClass({
      token: world.chance(0.9) ? ask : 'token-of-alice-the-first-1000000',
      WebSocket: socketClass(this),
      ...methodOptions[world.method],
    })
    this.#make()
  }

  act(): void {
    const { world } = this
    const what = world.pick(['send', 'send', 'send', 'close', 'odd close', 'make'])
    const told = this.#all.at(-world.between(1, 3))
    if (what === 'make' || !told) {
      if (this.#all.length < 4) this.#make()
      return
    }
    const { socket } = told
    const { readyState } = socket
    this.#call(what, () => {
      try {
        if (what === 'send') socket.send(`message ${world.random()}`)
        if (what === 'close') socket.close()
        if (what === 'odd close') socket.close(world.pick([4000, 1001, 1000]), 'bye')
      } catch (error) {
        const { name } = error as Error
        const isMeant =
          (what === 'send' && readyState === 0 && name === 'InvalidStateError') ||
          (what === 'odd close' && name === 'InvalidAccessError')
        if (!isMeant) throw error
      }
    })
  }

  peerActs(): void {
    const sockets = [...this.#under.keys()].filter(({ readyState }) => readyState < 3)
    sockets.at(-this.world.between(1, 2))?.peer.act()
  }

  end(): void {
    for (const { socket } of this.#all) this.#call('close', () => socket.close())
  }

  finish(): void {
    for (const { events } of this.#all) {
      if (events.filter((name) => name === 'close').length !== 1) this.world.blame('exactly one close event')
    }
    for (const { readyState } of this.#under.keys()) {
      if (readyState < 2) this.world.blame('a socket is left open')
    }
  }

  look(): void {
    for (const told of this.#all) this.#advance(told)
  }

  dialled(socket: PeerSocket): void {
    this.#under.set(socket, {} as Told)
  }

  sent({ peer, readyState, number }: PeerSocket, text: string): void {
    const { world } = this
    world.tell(`socket ${number} carries ${text}`)
    if (readyState !== 1) world.blame('P1 sent on a socket that is not open')
    if (!peer.isAuthenticated) world.blame('P1 sent where nobody is authenticated')
    if (world.nowMs >= peer.endsAtMs) world.blame('P1 sent after the end of the credential')
  }

  delivering({ peer, readyState }: PeerSocket, text: string, deliver: () => void): void {
    const { world } = this
    const may = readyState === 1 && peer.isAuthenticated && (world.slept || world.nowMs <= peer.endsAtMs)
    this.#mayHear = may ? text : ''
    deliver()
    this.#mayHear = ''
  }

  #make(): void {
    this.#call('new', () => {
      const socket = new this.#Class('wss://api.example/ws')
      const told: Told = { socket, events: [], readyState: 0 }
      this.#all.push(told)
      const number = this.#all.length
      for (const name of ['open', 'message', 'error', 'close'] as const) {
        socket.addEventListener(name, (event) => {
          this.world.tell(`${number} tells ${name}`)
          told.events.push(name)
          this.#told(told, name, event)
          this.world.onTheSpot(() => this.act())
        })
      }
    })
  }

  #told(told: Told, name: string, event: Event): void {
    const { world } = this
    this.#advance(told)
    const order = told.events.join(' ')
    if (!legal.test(order)) world.blame(`the standard's order of events: ${order}`)
    const wanted = { open: 1, message: 1, error: 3, close: 3 }[name]
    if (told.socket.readyState !== wanted)
      world.blame(`${name} with a readyState of ${told.socket.readyState}`)
    if (name === 'close' && this.#calls > 0) world.blame('close is not synchronous')
    if (name !== 'message') return
    if ((event as MessageEvent).data !== this.#mayHear)
      world.blame('P1 a message where nobody is authenticated')
  }

  #advance(told: Told): void {
    const { readyState } = told.socket
    if (readyState < told.readyState) this.world.blame('readyState goes forward')
    told.readyState = readyState
  }

  #call(what: string, act: () => void): void {
    this.world.tell(`the application calls ${what}`)
    this.#calls++
    try {
      act()
    } catch (error) {
      this.world.blame(`${what} throws ${error}`)
    } finally {
      this.#calls--
    }
  }
}
