import type { Action } from '@wsauth/protocol'

const remedies: Readonly<Record<Action, string>> = {
  stop: 'See the reason; then connect()',
  refresh: 'token() must give a newer token',
  retry: 'Dials again; is the server up, the Origin allowed?',
}

/** What to do about the end of a connection. */
export function remedyFor(action: Action, code: number): string | undefined {
  return code === 1000 ? undefined : remedies[action]
}
