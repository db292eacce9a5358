import { h } from '../dom.ts'
import { duration } from '../format.ts'
import type { Recorder, WireEvent } from './recorder.ts'

interface Handshake {
  readonly startMs: number
  readonly dialMs?: number
  readonly upgradedMs?: number
  readonly okMs?: number
}

const parts = [
  ['token', 'token'],
  ['upgrade', 'connect → 101'],
  ['auth', 'auth → auth_ok'],
] as const

/** How long the last opening of the chat's connection took, and where the time went. */
export function handshakeBar(recorder: Recorder): HTMLElement {
  const bars = parts.map(([name]) => h('span', { class: `part ${name}` }))
  const figures = parts.map(([name, label]) => {
    const figure = h('dd', {}, '–')
    return { figure, item: h('div', { class: name }, h('dt', {}, label), figure) }
  })
  const total = h('strong', { 'data-testid': 'round-trip' }, '–')
  let handshake: Handshake = { startMs: 0 }

  recorder.on((event) => {
    if (event.lane !== 'chat') return
    handshake = next(handshake, event)
    const { startMs, dialMs, upgradedMs, okMs } = handshake
    if (event.kind !== 'frame' || dialMs === undefined || upgradedMs === undefined || okMs !== event.atMs)
      return
    const times = [dialMs - startMs, upgradedMs - dialMs, okMs - upgradedMs]
    times.forEach((ms, i) => {
      bars[i]?.style.setProperty('flex-grow', String(Math.max(ms, 0.1)))
      figures[i]?.figure.replaceChildren(duration(ms))
    })
    total.textContent = duration(okMs - startMs)
  })

  return h(
    'div',
    { class: 'panel handshake' },
    h('div', { class: 'row' }, h('h3', {}, 'Last handshake'), total),
    h('div', { class: 'bar', 'aria-hidden': true }, ...bars),
    h('dl', { class: 'legend' }, ...figures.map(({ item }) => item)),
  )
}

function next(handshake: Handshake, event: WireEvent): Handshake {
  const { atMs } = event
  if (event.kind === 'state' && event.state === 'connecting') return { startMs: atMs }
  if (event.kind === 'dial') return { startMs: handshake.startMs, dialMs: atMs }
  if (event.kind === 'upgraded') return { ...handshake, upgradedMs: atMs }
  if (event.kind === 'frame' && event.role === 'auth_ok') return { ...handshake, okMs: atMs }
  return handshake
}
