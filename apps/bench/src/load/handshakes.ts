import { RawClient, type Script, type Target } from './raw-client.ts'

const concurrency = 48
const giveUpMs = 60_000

/** Connects, authenticates and closes once per script, a bounded number at a time. Fails when one is refused. */
export function handshakes(target: Target, scripts: readonly Script[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let next = 0
    let done = 0
    const timer = setTimeout(() => reject(new Error(`${scripts.length - done} handshakes hang`)), giveUpMs)
    const fail = (message: string): void => {
      clearTimeout(timer)
      reject(new Error(message))
    }
    const start = (): void => {
      const script = scripts[next++]
      if (!script) return
      let wasOpen = false
      new RawClient(target, script, {
        opened(client) {
          wasOpen = true
          client.close()
        },
        closed(_, code) {
          if (!wasOpen) return fail(`a handshake was refused (${code ?? 'no close code'})`)
          if (++done === scripts.length) {
            clearTimeout(timer)
            return resolve()
          }
          start()
        },
      })
    }
    for (let index = 0; index < Math.min(concurrency, scripts.length); index++) start()
  })
}
