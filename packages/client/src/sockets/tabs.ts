import { now } from '#clock'
import type { JoinTabs, Tabs } from '../tabs.ts'

/**
 * Tabs by Web Locks and BroadcastChannel: the one with the lock asks and tells the others; nothing is stored. A tab that dies
 * with the lock loses it, and the next one asks.
 */
export const joinTabs: JoinTabs = (name) => {
  // For so long the lock is kept after a token was told, so that those who wait for it have heard.
  const tellingMs = 50
  // Tokens end together, and then one that another tab was given is as good as its own only if it was given just now.
  const freshMs = 10_000
  if (!globalThis.document || !navigator.locks) return undefined
  const channel = new BroadcastChannel(name)
  let heard = ''
  let heardAtMs = 0
  channel.onmessage = ({ data }) => {
    heard = data
    heardAtMs = now()
  }
  const tabs: Tabs = {
    share: ({ reason, signal }, refused, ask) =>
      new Promise((resolve, reject) => {
        const withLock = async () => {
          let token = heard
          heard = ''
          if (token && !refused.includes(token) && (reason !== 'refused' || now() < heardAtMs + freshMs)) {
            tabs.taken = token
            return resolve(token)
          }
          token = await ask()
          resolve(token)
          channel.postMessage(token)
          await new Promise((told) => setTimeout(told, tellingMs))
        }
        navigator.locks.request(name, { signal }, withLock).catch(reject)
      }),
    leave: () => channel.close(),
  }
  return tabs
}
