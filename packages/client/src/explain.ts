import type { Action } from '@wsauth/protocol'

const remedies: Readonly<Record<Action, string>> = {
  stop: 'Mend the cause, then connect()',
  refresh: 'A newer token is asked for: see that token() gives one',
  retry: 'Dials again by itself; if that does not help: is the server up, the Origin allowed?',
}

/** What to do about the end of a connection. */
export function remedyFor(action: Action, code: number): string | undefined {
  return code === 1000 ? undefined : remedies[action]
}
