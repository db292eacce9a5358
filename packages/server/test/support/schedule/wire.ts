import { Duplex } from 'node:stream'

/** A frame of the server, whole. */
export interface ServerFrame {
  readonly opcode: number
  readonly payload: Buffer
}

/** What the peer at the other end hears. */
export interface Hearing {
  /** The answer to the upgrade request. */
  onStatus(status: number): void
  onFrame(frame: ServerFrame): void
}

/** The server's end of a connection in memory: what it writes is read by the peer in the same turn. */
export class Wire extends Duplex {
  readonly #hearing: Hearing
  #status = 0
  #read: Buffer = Buffer.alloc(0)

  constructor(hearing: Hearing) {
    super()
    this.#hearing = hearing
  }

  override _read(): void {}

  override _write(chunk: Buffer | string, _encoding: BufferEncoding, done: () => void): void {
    this.#read = Buffer.concat([this.#read, Buffer.from(chunk)])
    if (this.#status === 0) this.#readStatus()
    if (this.#status === 101) this.#readFrames()
    done()
  }

  #readStatus(): void {
    const end = this.#read.indexOf('\r\n\r\n')
    if (end < 0) return
    this.#status = Number(this.#read.toString('latin1', 9, 12))
    this.#read = this.#read.subarray(end + 4)
    this.#hearing.onStatus(this.#status)
  }

  #readFrames(): void {
    for (;;) {
      const [first = 0, short = 0] = this.#read
      const start = short === 126 ? 4 : 2
      if (this.#read.length < start) return
      const length = short === 126 ? this.#read.readUInt16BE(2) : short
      if (this.#read.length < start + length) return
      const payload = this.#read.subarray(start, start + length)
      this.#read = this.#read.subarray(start + length)
      this.#hearing.onFrame({ opcode: first & 0x0f, payload })
    }
  }
}
