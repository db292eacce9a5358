/** Calls back when a page may have slept or changed networks; returns the way to stop. */
export type WatchWakefulness = (woke: () => void) => () => void

const events = ['online', 'offline', 'pageshow', 'visibilitychange', 'resume']

/** The events of browsers: of the window, and of the document, from where they do not all bubble. Elsewhere there are none. */
export const watchWakefulness: WatchWakefulness = (woke) => {
  const targets = [globalThis.window, globalThis.document]
  const listen = () => {
    if (globalThis.document?.visibilityState !== 'hidden') woke()
  }
  const each = (method: 'addEventListener' | 'removeEventListener') => {
    for (const target of targets) for (const event of events) target?.[method]?.(event, listen)
  }
  each('addEventListener')
  return () => each('removeEventListener')
}
