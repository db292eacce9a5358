/** The little that a driver of one's own needs of a WebSocket once it is open, to do what a machine asks for. */
export interface SocketPort {
  /** Sends one text message. Never throws: on a closed socket it does nothing. */
  send(text: string): void
  /** Starts the closing handshake (RFC 6455 §7.1.2). */
  close(code: number, reason: string): void
  /** Drops the connection at once, without a Close frame. */
  terminate(): void
}
