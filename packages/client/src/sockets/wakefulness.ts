/** Calls back when a page may have slept or changed networks; returns the way to stop. */
export type WatchWakefulness = (woke: () => unknown) => () => void

/** The events of browsers, those of the document caught on their way down. Elsewhere there are none. */
export const watchWakefulness: WatchWakefulness = (woke) => {
  const listen = () => {
    if (document.visibilityState !== 'hidden') woke()
  }
  const stop = new AbortController()
  if (globalThis.document) {
    for (const event of ['online', 'offline', 'pageshow', 'visibilitychange', 'resume']) {
      window.addEventListener(event, listen, { capture: true, signal: stop.signal })
    }
  }
  return () => stop.abort()
}
