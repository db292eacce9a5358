/** What the tests use of Phoenix's client, which brings no types. */
declare module 'phoenix' {
  interface Push {
    receive(status: 'ok' | 'error', callback: (response: object) => void): Push
  }
  interface Channel {
    join(): Push
    push(event: string, payload: object): Push
    on(event: string, callback: (payload: { text: string }) => void): number
  }
  export class Socket {
    constructor(
      url: string,
      options: { transport: unknown; reconnectAfterMs: () => number; rejoinAfterMs: () => number },
    )
    onClose(callback: (event: { code: number; action?: string }) => void): string
    channel(topic: string): Channel
    connect(): void
    disconnect(): void
  }
}
