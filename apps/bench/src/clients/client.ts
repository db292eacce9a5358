import type { PeerName } from '../peers.ts'

/** One client library, connected and authenticated where its server asks for that. */
export interface EchoClient {
  /** Sends one message; `onEcho` is called for each that comes back. */
  send(text: string): void
  close(): void
}

export interface ClientUnderTest {
  readonly label: string
  readonly server: PeerName
  readonly ours?: boolean
  connect(port: number, token: string, onEcho: () => void): Promise<EchoClient>
}
