/** A socket that a test plays the server of. As strict as a browser's in what it takes. */
export class FakeWebSocket {
  static made: FakeWebSocket[] = []

  /** The newest one. */
  static get last(): FakeWebSocket {
    const socket = FakeWebSocket.made.at(-1)
    if (!socket) throw new Error('No socket was made')
    return socket
  }

  readonly url: string
  readonly offered: readonly string[]
  readonly options: unknown
  readyState = 0
  protocol = ''
  extensions = ''
  bufferedAmount = 0
  binaryType = 'blob'
  onopen: (() => void) | null = null
  onmessage: ((event: { data: unknown }) => void) | null = null
  onerror: (() => void) | null = null
  onclose: ((event: { code: number; reason: string; wasClean: boolean }) => void) | null = null
  readonly sent: unknown[] = []
  closedWith: unknown[] | undefined

  constructor(url: string, offered: string[] = [], options?: unknown) {
    this.url = url
    this.offered = offered
    this.options = options
    FakeWebSocket.made.push(this)
  }

  send(data: unknown): void {
    if (this.readyState === 0) throw new Error('InvalidStateError')
    if (this.readyState === 1) this.sent.push(data)
  }

  close(code?: number, reason?: string): void {
    // Chromium reads no code as 0 where a reason is given, an empty one included.
    const read = reason === undefined ? code : (code ?? 0)
    if (read !== undefined && read !== 1000 && (read < 3000 || read > 4999))
      throw new Error('InvalidAccessError')
    if (this.readyState > 1) return
    this.closedWith = [code, reason]
    this.readyState = 2
  }

  /** The server accepts the upgrade. */
  open(protocol = ''): void {
    this.readyState = 1
    this.protocol = protocol
    this.onopen?.()
  }

  /** The server says something. */
  receive(data: unknown): void {
    this.onmessage?.({
      data: typeof data === 'string' || data instanceof ArrayBuffer ? data : JSON.stringify(data),
    })
  }

  /** The connection is gone. */
  end(code = 1006, reason = ''): void {
    const wasClean = code !== 1006
    this.readyState = 3
    this.onclose?.({ code, reason, wasClean })
  }
}
