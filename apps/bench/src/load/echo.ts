import type { Dialect } from './dialects.ts'
import { RawClient, type Target } from './raw-client.ts'

export interface EchoOptions {
  readonly dialect: Dialect
  readonly tokens: readonly string[]
  readonly size: number
  readonly inFlight: number
  readonly durationMs: number
}

export interface Echoes {
  /** Echoes for as long as was asked, and until everything in flight is back; the result is how many came back. */
  run(): Promise<number>
  close(): void
}

const giveUpMs = 10_000

/** Opens connections and prepares what is said over them. */
export async function echoes(
  { port }: Target,
  { dialect, tokens, size, inFlight, durationMs }: EchoOptions,
): Promise<Echoes> {
  // More than are in flight: some servers answer one message while they still finish another.
  const slots = Array.from({ length: 4 * inFlight }, (_, slot) => dialect.echo(size, slot))
  const { frame, replyBytes } = slots[0] ?? dialect.echo(size, 0)
  // Answers come in order, so the answer to `n` of them is one write of the next `n` frames of this ring.
  const ring = Buffer.concat([...slots, ...slots].map((slot) => slot.frame))
  const received = new Map<RawClient, number>()
  let owed = 0
  let total = 0
  let isRunning = false
  let onQuiet: (() => void) | undefined

  const onData = (client: RawClient, bytes: Buffer): void => {
    const before = received.get(client) ?? 0
    const after = before + bytes.length
    received.set(client, after)
    const done = Math.floor(before / replyBytes)
    const whole = Math.floor(after / replyBytes) - done
    if (whole === 0) return
    total += whole
    if (isRunning) {
      const start = (done % slots.length) * frame.length
      client.send(ring.subarray(start, start + whole * frame.length))
      return
    }
    owed -= whole
    if (owed <= 0) onQuiet?.()
  }
  const clients = await opened(port, dialect, tokens, onData)
  return {
    run() {
      return new Promise((resolve, reject) => {
        const deadline = setTimeout(
          () => reject(new Error(`${owed} echoes never came`)),
          durationMs + giveUpMs,
        )
        onQuiet = () => {
          clearTimeout(deadline)
          const isWhole = [...received.values()].every((bytes) => bytes % replyBytes === 0)
          if (owed === 0 && isWhole) resolve(total)
          else reject(new Error('the answers are not as long as the generator thinks'))
        }
        isRunning = true
        owed = clients.length * inFlight
        for (const client of clients) client.send(ring.subarray(0, inFlight * frame.length))
        setTimeout(() => {
          isRunning = false
        }, durationMs)
      })
    },
    close() {
      for (const client of clients) client.destroy()
    },
  }
}

function opened(
  port: number,
  dialect: Dialect,
  tokens: readonly string[],
  data: (client: RawClient, bytes: Buffer) => void,
): Promise<RawClient[]> {
  return Promise.all(
    tokens.map(
      (token) =>
        new Promise<RawClient>((resolve, reject) => {
          const closed = (): void => reject(new Error('an echo connection was refused or closed'))
          new RawClient({ port }, dialect.script(token), { opened: resolve, data, closed })
        }),
    ),
  )
}
