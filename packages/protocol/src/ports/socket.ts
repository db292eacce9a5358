/** The little that a driver needs of a WebSocket once it is open; adapters make one from `ws`, Bun and others. */
export interface SocketPort {
  /** Sends one text message. Never throws: on a closed socket it does nothing. */
  send(text: string): void
  /** Starts the closing handshake (RFC 6455 §7.1.2). */
  close(code: number, reason: string): void
  /** Drops the connection at once, without a Close frame. */
  terminate(): void
}
