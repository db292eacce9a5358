import { RawClient, type Script, type Target } from './raw-client.ts'

const concurrency = 200
const giveUpMs = 60_000

/** Opens one connection per script and keeps them all. `localAddress` spreads them over loopback addresses. */
export function hold(
  { port }: Target,
  scripts: readonly Script[],
  listener: { closed?(client: RawClient, code: number | undefined): void } = {},
): Promise<RawClient[]> {
  return new Promise((resolve, reject) => {
    const clients: RawClient[] = []
    let next = 0
    let open = 0
    const timer = setTimeout(() => reject(new Error(`${scripts.length - open} connections hang`)), giveUpMs)
    const start = (): void => {
      const script = scripts[next]
      if (!script) return
      const address = addressOf(next++)
      const client = new RawClient({ port, ...address }, script, {
        opened() {
          if (++open === scripts.length) {
            clearTimeout(timer)
            return resolve(clients)
          }
          start()
        },
        closed(closed, code) {
          if (closed.openedAtMs === 0)
            reject(new Error(`a connection was refused (${code ?? 'no close code'})`))
          else listener.closed?.(closed, code)
        },
      })
      clients.push(client)
    }
    for (let index = 0; index < Math.min(concurrency, scripts.length); index++) start()
  })
}

const perAddress = 500

/** Linux answers on all of 127.0.0.0/8, so that limits by address see many clients; elsewhere there is one address. */
export function addressOf(index: number): { localAddress?: string } {
  return process.platform === 'linux' ? { localAddress: `127.0.0.${2 + Math.floor(index / perAddress)}` } : {}
}
