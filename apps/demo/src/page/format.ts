/** `1.25 s`, `340 ms`: what a person reads off a scale. */
export function duration(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`
  if (ms < 1_000) return `${Math.round(ms)} ms`
  return `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`
}

/** Minutes, seconds and milliseconds since the page opened. */
export function clockTime(ms: number): string {
  const minutes = Math.floor(ms / 60_000)
  return `${minutes}:${((ms % 60_000) / 1_000).toFixed(3).padStart(6, '0')}`
}

/** The time of day of a message. */
export function timeOfDay(ms: number): string {
  return new Date(ms).toLocaleTimeString([], { hour: 'numeric', minute: '2-digit' })
}

export function count(n: number, one: string, many: string = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`
}
