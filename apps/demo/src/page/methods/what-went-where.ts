import type { Piece } from '../../shared/mask.ts'
import type { Arrival } from '../../shared/room-messages.ts'
import { h } from '../dom.ts'
import type { Recorder } from '../wire/recorder.ts'
import { code } from '../wire/timeline.ts'

export interface WhatWentWhere {
  readonly element: HTMLElement
  /** What the server saw of the request that became the connection. */
  show(arrival: Arrival): void
}

/** URL, headers and first frame of the connection, with the place of the credential in plain sight. */
export function whatWentWhere(recorder: Recorder): WhatWentWhere {
  const url = h('dd', {}, '–')
  const headers = h('dd', {}, '–')
  const frame = h('dd', {}, '–')
  let first = true

  recorder.on((event) => {
    if (event.lane !== 'chat') return
    if (event.kind === 'dial') first = true
    if (event.kind !== 'frame' || !first) return
    first = false
    const isCredential = event.way === 'out' && event.role === 'auth'
    frame.replaceChildren(
      isCredential ? code(event.pieces) : 'no credential in it: the server knew before the 101',
    )
    mark(frame, isCredential ? event.pieces : [])
  })

  return {
    element: h(
      'dl',
      { class: 'where', 'aria-label': 'What went where on the present connection' },
      h('div', {}, h('dt', {}, 'URL'), url),
      h('div', {}, h('dt', {}, 'Headers'), headers),
      h('div', {}, h('dt', {}, 'First frame'), frame),
    ),
    show: ({ target, headers: list }) => {
      url.replaceChildren(code(target))
      mark(url, target)
      headers.replaceChildren(
        ...list.map(([name, value]) => h('span', { class: 'header' }, h('b', {}, name), ' ', code(value))),
      )
      mark(
        headers,
        list.flatMap(([, value]) => value),
      )
    },
  }
}

function mark(place: HTMLElement, pieces: readonly Piece[]): void {
  place.classList.toggle(
    'carries',
    pieces.some((piece) => typeof piece !== 'string'),
  )
}
