import type { JoinTabs } from '../tabs.ts'

/** For so long the lock is kept after a token was told, so that those who wait for it have heard. */
const tellingMs = 50

/**
 * Tabs by Web Locks and BroadcastChannel: the one with the lock asks and tells the others; nothing is stored. A tab that dies
 * with the lock loses it, and the next one asks.
 */
export const joinTabs: JoinTabs = (name) => {
  const { document, navigator, BroadcastChannel } = globalThis
  if (!document || !navigator.locks || !BroadcastChannel) return undefined
  const channel = new BroadcastChannel(name)
  let heard = ''
  channel.onmessage = ({ data }) => {
    heard = data
  }
  return {
    share(request, ask) {
      const { refused, signal } = request
      return navigator.locks.request(name, { signal }, async () => {
        const token = heard && heard !== refused ? heard : await ask(request)
        if (token !== heard) {
          channel.postMessage(token)
          await new Promise((told) => setTimeout(told, tellingMs))
        }
        heard = ''
        return token
      })
    },
    leave: () => channel.close(),
  }
}
