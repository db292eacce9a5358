import type { Piece } from '../../shared/mask.ts'
import { h } from '../dom.ts'
import { clockTime, duration } from '../format.ts'
import { newestInSight } from '../newest-in-sight.ts'
import type { Recorder, WireEvent } from './recorder.ts'

const kept = 300

/** What happened, newest last, as a list that scrolls by itself until its reader scrolls back. */
export function timeline(recorder: Recorder): HTMLElement {
  const list = h('ol', { class: 'timeline', tabindex: 0, 'aria-labelledby': 'timeline-title' })
  const filter = h('input', { type: 'checkbox', id: 'only-handshake' })
  const clear = h('button', { type: 'button', class: 'quiet small' }, 'Clear')
  clear.addEventListener('click', () => list.replaceChildren())
  filter.addEventListener('change', () => list.classList.toggle('without-chat', filter.checked))

  const newest = newestInSight(list)
  recorder.on((event) => {
    list.append(row(event))
    while (list.childElementCount > kept) list.firstElementChild?.remove()
    newest.added()
  })

  return h(
    'div',
    { class: 'timeline-box' },
    h(
      'div',
      { class: 'row' },
      h('h3', { id: 'timeline-title' }, 'Timeline'),
      h('label', { class: 'check', for: 'only-handshake' }, filter, 'Hide chat'),
      clear,
    ),
    list,
  )
}

/** What an arrow tells the eye. */
const spokenIcons: Readonly<Record<string, string>> = { '→': 'sent', '←': 'received' }

function row(event: WireEvent): HTMLElement {
  const { icon, tone, label, body } = describe(event)
  const spoken = spokenIcons[icon]
  const ordinary = event.kind === 'frame' && event.role === 'application'
  return h(
    'li',
    {
      class: `event ${tone}${ordinary ? ' ordinary' : ''}`,
      'data-kind': event.kind,
      'data-lane': event.lane,
    },
    h('span', { class: 'at' }, clockTime(event.atMs)),
    h('span', { class: 'lane', 'data-lane': event.lane }, event.lane),
    h(
      'span',
      spoken === undefined
        ? { class: 'icon', 'aria-hidden': true }
        : { class: 'icon', role: 'img', 'aria-label': spoken },
      icon,
    ),
    h('span', { class: 'what' }, h('b', {}, label), ' ', ...body),
  )
}

interface Description {
  readonly icon: string
  readonly tone: string
  readonly label: string
  readonly body: readonly (Node | string)[]
}

function describe(event: WireEvent): Description {
  switch (event.kind) {
    case 'dial':
      return { icon: '→', tone: 'out', label: 'connect', body: [code(event.url), offer(event.protocols)] }
    case 'upgraded':
      return {
        icon: '←',
        tone: 'in',
        label: '101',
        body: [event.protocol ? `sub-protocol ${event.protocol}` : 'Switching Protocols'],
      }
    case 'frame': {
      const tone = {
        auth: 'out',
        auth_ok: 'good',
        auth_fail: 'bad',
        control: 'control',
        application: event.way,
      }[event.role]
      return {
        icon: event.way === 'out' ? '→' : '←',
        tone,
        label: frameLabel(event.role),
        body: [code(event.pieces)],
      }
    }
    case 'closed':
      return {
        icon: '×',
        tone: 'bad',
        label: `closed ${event.code}`,
        body: [event.reason || closeWords(event.code)],
      }
    case 'state':
      return { icon: '●', tone: `state ${event.state}`, label: event.state, body: [] }
    case 'http':
      return {
        icon: '⇄',
        tone: 'http',
        label: event.what,
        body: [`${event.status}, ${duration(event.tookMs)}`],
      }
    case 'note':
      return { icon: '·', tone: event.tone, label: '', body: [event.text] }
  }
}

function frameLabel(role: string): string {
  return role === 'application' ? 'message' : role
}

function closeWords(code: number): string {
  return code === 1006 ? 'no Close frame: the connection was cut or never made' : ''
}

function offer(protocols: readonly Piece[]): Node | string {
  return protocols.length > 0 ? h('span', {}, ' offers ', code(protocols)) : ''
}

/** Text with what was taken out marked as such, for eyes and for screen readers. */
export function code(pieces: readonly Piece[]): HTMLElement {
  return h(
    'code',
    {},
    ...pieces.map((piece) =>
      typeof piece === 'string'
        ? piece
        : h('span', { class: 'masked' }, `secret, ${piece.hidden} characters`),
    ),
  )
}
