/** Calls back when a page may have slept or changed networks; returns the way to stop. */
export type WatchWakefulness = (woke: () => void) => () => void

const events = ['online', 'offline', 'pageshow', 'visibilitychange', 'resume']

/** The events of browsers, those of the document caught on their way down. Elsewhere there are none. */
export const watchWakefulness: WatchWakefulness = (woke) => {
  const { window, document } = globalThis
  const listen = () => {
    if (document.visibilityState !== 'hidden') woke()
  }
  const each = (method: 'addEventListener' | 'removeEventListener') => {
    if (document) for (const event of events) window[method](event, listen, { capture: true })
  }
  each('addEventListener')
  return () => each('removeEventListener')
}
