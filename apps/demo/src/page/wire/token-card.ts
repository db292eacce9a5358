import { every, h, svg } from '../dom.ts'
import { type Claims, claimsOf } from './claims.ts'

const meanings: Readonly<Record<string, string>> = {
  sub: 'user',
  name: 'name',
  admin: 'administrator',
  sid: 'session',
  iss: 'issuer',
  aud: 'audience',
  jti: 'token id',
  iat: 'issued',
  exp: 'expires',
}
const round = 2 * Math.PI * 26

export interface TokenCard {
  readonly element: HTMLElement
  /** The page has a new access token. */
  show(token: string): void
  /** The server said for how long it accepted the credential. */
  accepted(expiresInMs: number | undefined): void
  /** The connection is gone. */
  ended(): void
}

/** What the access token says, and how long the connection that it opened may live. */
export function tokenCard(signal: AbortSignal): TokenCard {
  const claims = h('dl', { class: 'claims' })
  const left = svg('circle', {
    class: 'left',
    cx: 32,
    cy: 32,
    r: 26,
    'stroke-dasharray': round,
    'stroke-dashoffset': round,
  })
  const seconds = svg('text', { x: 32, y: 37, 'text-anchor': 'middle' }, '–')
  const ring = svg(
    'svg',
    { viewBox: '0 0 64 64', class: 'ring', role: 'img', 'aria-label': 'Not connected' },
    svg('circle', { class: 'track', cx: 32, cy: 32, r: 26 }),
    left,
    seconds,
  )
  const caption = h('p', { class: 'caption' }, 'No token yet.')
  let endsAtMs = 0
  let lifeMs = 0

  function tick(): void {
    const leftMs = Math.max(0, endsAtMs - performance.now())
    const share = lifeMs > 0 ? leftMs / lifeMs : 0
    left.setAttribute('stroke-dashoffset', String(round * (1 - share)))
    seconds.textContent = lifeMs > 0 ? String(Math.ceil(leftMs / 1_000)) : '–'
    ring.setAttribute(
      'aria-label',
      lifeMs > 0 ? `${Math.ceil(leftMs / 1_000)} seconds left` : 'Not connected',
    )
    ring.classList.toggle('low', lifeMs > 0 && share < 0.3)
  }
  every(250, signal, tick)

  return {
    element: h(
      'div',
      { class: 'panel token' },
      h('h3', {}, 'Access token'),
      h('div', { class: 'countdown' }, ring, caption),
      claims,
    ),
    show: (token) => claims.replaceChildren(...rows(claimsOf(token))),
    accepted: (expiresInMs) => {
      lifeMs = expiresInMs ?? 0
      endsAtMs = performance.now() + lifeMs
      caption.textContent =
        'seconds until this connection ends, unless a newer token is presented on it first'
      tick()
    },
    ended: () => {
      lifeMs = 0
      caption.textContent = 'Not connected.'
      tick()
    },
  }
}

function rows(claims: Claims): HTMLElement[] {
  return Object.entries(claims).map(([name, value]) =>
    h('div', {}, h('dt', { title: meanings[name] }, name), h('dd', {}, readable(name, value))),
  )
}

function readable(name: string, value: unknown): string {
  const isTime = (name === 'iat' || name === 'exp' || name === 'nbf') && typeof value === 'number'
  return isTime ? new Date(value * 1_000).toLocaleTimeString() : String(value)
}
