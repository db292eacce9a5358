import type { Action } from '@wsauth/protocol'
import type { Explanation } from './events.ts'

const remedies: Readonly<Record<Action | 'error', string>> = {
  error: 'Look at token()',
  stop: 'See the reason; then connect()',
  refresh: 'Give a newer token',
  retry: 'Is the server up, the Origin allowed?',
}

/**
 * An event in words: its name and what it says; a remedy where it is a failure. Of what a token provider threw there is the
 * name alone: an error of a HTTP library has the request on it, token and all (P5).
 */
export function explain(atMs: number, name: string, event: unknown): Explanation {
  const remedy = remedies[name === 'error' ? name : (Object(event).action as Action)]
  const what = `${name}: ${name === 'error' ? Object(event).name : JSON.stringify(event).replace(/["{}]/g, '')}`
  return { atMs, what, remedy }
}
