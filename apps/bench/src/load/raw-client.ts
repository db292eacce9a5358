import { connect, type Socket } from 'node:net'
import { closeFrame, Opcode, readServerFrame } from './frames.ts'

/** What one connection says, all of it built before the clock runs. */
export interface Script {
  /** The upgrade request. */
  readonly request: Buffer
  /** Sent after the 101; absent where the credential travels in the request. */
  readonly opening?: Buffer
  /** Whether this frame of the server says that the client is in; absent where the 101 does. */
  readonly accepts?: (payload: Buffer) => boolean
}

export interface Listener {
  /** Authenticated. What comes afterwards goes to `data`. */
  opened?(client: RawClient): void
  data?(client: RawClient, bytes: Buffer): void
  /** A whole frame after authentication, where there is no `data`. */
  frame?(client: RawClient, payload: Buffer): void
  /** The connection is gone, with the code of the server's Close frame if one was seen. */
  closed?(client: RawClient, code: number | undefined): void
}

export interface Target {
  readonly port: number
  /** One of 127.0.0.0/8, for servers that count by address. */
  readonly localAddress?: string
}

// One buffer for all connections: each chunk is dealt with before the next is read.
const buffer = Buffer.allocUnsafe(256 * 1024)

/** A client that speaks just enough WebSocket to keep a server busy, and does as little as possible itself. */
export class RawClient {
  readonly startedAtMs: number = performance.now()
  readonly socket: Socket
  openedAtMs = 0
  #phase: 'upgrading' | 'authenticating' | 'open' | 'closing' = 'upgrading'
  #rest: Buffer | undefined
  #code: number | undefined
  readonly #script: Script
  readonly #listener: Listener

  constructor(target: Target, script: Script, listener: Listener) {
    this.#script = script
    this.#listener = listener
    const { port, localAddress } = target
    const onread = { buffer, callback: (bytes: number) => this.#read(bytes) }
    this.socket = connect({ host: '127.0.0.1', port, onread, ...(localAddress ? { localAddress } : {}) })
    this.socket.setNoDelay(true)
    this.socket.write(script.request)
    this.socket.on('error', () => {})
    this.socket.on('close', () => this.#listener.closed?.(this, this.#code))
  }

  get isOpen(): boolean {
    return this.#phase === 'open'
  }

  send(bytes: Buffer): void {
    this.socket.write(bytes)
  }

  /** Says goodbye; `closed` follows when the server has answered and hung up. */
  close(): void {
    this.#phase = 'closing'
    this.socket.write(closeFrame)
  }

  destroy(): void {
    this.socket.destroy()
  }

  #read(bytes: number): boolean {
    const chunk = buffer.subarray(0, bytes)
    if (this.#phase === 'open' && this.#listener.data) {
      this.#listener.data(this, chunk)
      return true
    }
    const data = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk
    this.#rest = undefined
    const used = this.#advance(data)
    if (used < data.length) this.#rest = Buffer.from(data.subarray(used))
    return true
  }

  /** How many of these bytes are done with. */
  #advance(data: Buffer): number {
    let at = 0
    if (this.#phase === 'upgrading') {
      const end = data.indexOf('\r\n\r\n')
      if (end < 0) return 0
      if (data.toString('latin1', 9, 12) !== '101') {
        this.socket.destroy(new Error(data.toString('latin1', 0, end)))
        return data.length
      }
      at = end + 4
      if (this.#script.opening) this.socket.write(this.#script.opening)
      this.#phase = 'authenticating'
      if (!this.#script.accepts) this.#open()
    }
    for (;;) {
      const frame = readServerFrame(data, at)
      if (!frame) return at
      at = frame.end
      if (frame.opcode === Opcode.close) this.#closing(frame.payload)
      else if (this.#phase === 'authenticating' && this.#script.accepts?.(frame.payload)) this.#open()
      else if (this.#phase === 'open') this.#listener.frame?.(this, frame.payload)
    }
  }

  #open(): void {
    this.#phase = 'open'
    this.openedAtMs = performance.now()
    this.#listener.opened?.(this)
  }

  #closing(payload: Buffer): void {
    this.#code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005
    if (this.#phase !== 'closing') this.close()
  }
}
