import { svg } from './dom.ts'

type Step = readonly [y: number, way: 'out' | 'in' | 'both', text: string]

const steps: readonly Step[] = [
  [62, 'out', 'GET /ws, no credential in it'],
  [96, 'in', '101 Switching Protocols'],
  [142, 'out', '{"type":"auth","token":"•••"}'],
  [176, 'in', '{"type":"auth_ok","userId":"…"}'],
  [222, 'both', 'messages'],
]
const left = 40
const right = 340

/** What the page is about, at a glance: connect, first message, answer, and only then anything else. */
export function handshakePicture(): SVGElement {
  return svg(
    'svg',
    {
      viewBox: '0 0 380 250',
      class: 'picture',
      role: 'img',
      'aria-label':
        'The browser connects without a credential, sends its token as the first message within five seconds, and gets auth_ok; only then do messages flow.',
    },
    svg('rect', { class: 'deadline', x: left + 8, y: 106, width: right - left - 16, height: 80, rx: 8 }),
    svg('text', { class: 'deadline-text', x: right - 16, y: 122, 'text-anchor': 'end' }, 'within 5 s'),
    ...['Browser', 'Server'].flatMap((name, i) => {
      const x = i === 0 ? left : right
      return [
        svg('line', { class: 'lifeline', x1: x, x2: x, y1: 36, y2: 244 }),
        svg('text', { class: 'party', x, y: 22, 'text-anchor': 'middle' }, name),
      ]
    }),
    ...steps.flatMap(arrow),
  )
}

function arrow([y, way, text]: Step): SVGElement[] {
  const from = way === 'out' ? left + 3 : right - 3
  const to = way === 'out' ? right - 3 : left + 3
  const inward = way === 'out' ? -7 : 7
  const heads = [head(to, y, inward), ...(way === 'both' ? [head(from, y, -inward)] : [])]
  return [
    svg('line', { class: `arrow ${way}`, x1: from, x2: to, y1: y, y2: y }),
    ...heads.map((d) => svg('path', { class: `head ${way}`, d })),
    svg('text', { class: 'message', x: (left + right) / 2, y: y - 7, 'text-anchor': 'middle' }, text),
  ]
}

function head(x: number, y: number, inward: number): string {
  return `M${x} ${y}l${inward} -4.5v9z`
}
