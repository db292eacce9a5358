import { connect, type Socket } from 'node:net'
import type { Target } from './raw-client.ts'

/** One keep-alive connection that asks for tickets, one after the other. */
export class Mint {
  readonly #socket: Socket
  #answer: ((ticket: string) => void) | undefined
  #fail: ((error: Error) => void) | undefined
  #text = ''

  constructor({ port }: Target) {
    this.#socket = connect({ host: '127.0.0.1', port })
    this.#socket.setNoDelay(true)
    this.#socket.on('data', (chunk) => this.#read(chunk))
    this.#socket.on('error', () => {})
    this.#socket.on('close', () => this.#fail?.(new Error('the mint hung up')))
  }

  /** The request that a token asks with; built ahead of time. */
  static request(token: string): Buffer {
    const lines = [
      'POST /ticket HTTP/1.1',
      'Host: 127.0.0.1',
      `Authorization: Bearer ${token}`,
      'Content-Length: 0',
    ]
    return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)
  }

  ticket(request: Buffer): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#answer = resolve
      this.#fail = reject
      this.#socket.write(request)
    })
  }

  close(): void {
    this.#fail = undefined
    this.#socket.destroy()
  }

  #read(chunk: Buffer): void {
    this.#text += chunk.toString('latin1')
    if (!this.#text.includes('HTTP/1.1 200')) {
      this.#fail?.(new Error(this.#text))
      return
    }
    // The body is the only place with braces, and a chunked one ends with an empty chunk.
    const ticket = /"ticket":"([\w-]+)"[^}]*\}/.exec(this.#text)?.[1]
    const isChunked = /transfer-encoding: chunked/i.test(this.#text)
    if (!ticket || (isChunked && !this.#text.endsWith('0\r\n\r\n'))) return
    this.#text = ''
    this.#answer?.(ticket)
  }
}
