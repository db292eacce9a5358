import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** Connections go to the next of several ports that takes them, as nginx or HAProxy would do it. */
export class Balancer implements AsyncDisposable {
  /** When each connection came. */
  readonly arrivals: number[] = []
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(ports: readonly number[]) {
    let turn = 0
    this.#server = createServer((socket) => {
      this.arrivals.push(performance.now())
      this.#watch(socket, undefined)
      const first = turn++
      const tryNext = (n: number): void => {
        const port = n < ports.length ? ports[(first + n) % ports.length] : undefined
        if (port === undefined) return void socket.destroy()
        const upstream = connect(port, '127.0.0.1')
        upstream.once('error', () => tryNext(n + 1))
        upstream.once('connect', () => {
          upstream.removeAllListeners('error')
          this.#watch(upstream, socket)
          this.#watch(socket, upstream)
          socket.pipe(upstream).pipe(socket)
        })
      }
      tryNext(0)
    })
  }

  static async over(ports: readonly number[]): Promise<Balancer> {
    const balancer = new Balancer(ports)
    balancer.#server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 })
    await once(balancer.#server, 'listening')
    return balancer
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  #watch(socket: Socket, other: Socket | undefined): void {
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#sockets.delete(socket)
      other?.destroy()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }
}
