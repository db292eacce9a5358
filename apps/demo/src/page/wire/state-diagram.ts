import { h, svg } from '../dom.ts'
import type { Recorder } from './recorder.ts'

const width = 116
const height = 40
/** Where each state of the client stands, in a drawing of 396 × 152. */
const places = {
  idle: [0, 6],
  connecting: [140, 6],
  authenticating: [280, 6],
  closed: [0, 92],
  waiting: [140, 92],
  open: [280, 92],
} as const

/** The ways from state to state; drawn so that a working client goes round clockwise. */
const ways: Readonly<Record<string, string>> = {
  'idle connecting': 'M116 26H138',
  'connecting authenticating': 'M256 26H278',
  'authenticating open': 'M338 46V90',
  'open waiting': 'M280 112H258',
  'waiting connecting': 'M186 92V48',
  'connecting waiting': 'M210 46V90',
  'authenticating waiting': 'M292 46 244 90',
  'waiting closed': 'M140 112H118',
  'open closed': 'M338 132V146H58V134',
  'closed connecting': 'M104 92 150 48',
}

const words: Readonly<Record<string, string>> = {
  idle: 'Not started.',
  connecting: 'Fetching a token, then the opening handshake.',
  authenticating: 'The token is on its way; nothing else is sent.',
  open: 'Authenticated: messages flow.',
  waiting: 'Lost. It will dial again by itself.',
  closed: 'Stopped. It will not dial again by itself.',
}

/** The client's states and the one it is in, as it moves. */
export function stateDiagram(recorder: Recorder): HTMLElement {
  const nodes = new Map(
    Object.entries(places).map(([name, [x, y]]) => [
      name,
      svg(
        'g',
        { class: `node ${name}`, transform: `translate(${x} ${y})` },
        svg('rect', { width, height, rx: 10 }),
        svg('text', { x: width / 2, y: height / 2 + 4.5, 'text-anchor': 'middle' }, name),
      ),
    ]),
  )
  const edges = new Map(
    Object.entries(ways).map(([name, d]) => [
      name,
      svg('path', { class: 'way', d, 'marker-end': 'url(#arrow)' }),
    ]),
  )
  const arrow = svg(
    'marker',
    { id: 'arrow', viewBox: '0 0 8 8', refX: 6, refY: 4, markerWidth: 6, markerHeight: 6, orient: 'auto' },
    svg('path', { d: 'M0 0 8 4 0 8z', class: 'arrow' }),
  )
  const drawing = svg(
    'svg',
    { viewBox: '-2 0 400 152', class: 'states', role: 'img' },
    svg('defs', {}, arrow),
    ...edges.values(),
    ...nodes.values(),
  )
  const caption = h('p', { class: 'caption' })
  let current = ''

  function show(state: string): void {
    for (const [name, node] of nodes) node.classList.toggle('active', name === state)
    for (const [name, edge] of edges) edge.classList.toggle('taken', name === `${current} ${state}`)
    drawing.setAttribute('aria-label', `State of the client: ${state}`)
    caption.textContent = words[state] ?? ''
    current = state
  }

  show('idle')
  recorder.on((event) => {
    if (event.kind === 'state' && event.lane === 'chat') show(event.state)
  })
  return h('div', { class: 'panel states-panel' }, h('h3', {}, 'The client'), drawing, caption)
}
