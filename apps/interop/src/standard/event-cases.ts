import { lifeOf, next, open, type Place, type StandardCase, whileConnecting } from './case.ts'

const handlers = ['onopen', 'onmessage', 'onerror', 'onclose'] as const
const nothing = (): void => {}

/** What an event shows of itself. */
function members(event: Event): unknown[] {
  const { type, bubbles, cancelable, eventPhase, defaultPrevented, target, currentTarget } = event
  return [`${event}`, type, bubbles, cancelable, eventPhase, defaultPrevented, target === currentTarget]
}

/** interfaces/WebSocket/events/*, eventhandlers, interfaces/CloseEvent/*. */
export const eventCases: readonly StandardCase[] = [
  {
    name: 'handlers are null, keep functions, and forget all else',
    run: (place) =>
      whileConnecting(place, (socket) =>
        handlers.map((name) => {
          const seen: unknown[] = [socket[name]]
          for (const value of [nothing, 2, nothing, undefined, nothing, ';', nothing, null]) {
            Reflect.set(socket, name, value)
            seen.push(socket[name] === null ? null : socket[name] === value)
          }
          return seen
        }),
      ),
    expected: handlers.map(() => [null, true, null, true, null, true, null, true, null]),
  },
  ...[
    {
      name: 'a handler keeps its place when replaced',
      between: [],
      expected: ['first', 'listener', 'second', 'listener'],
    },
    {
      name: 'a handler loses its place when taken away',
      between: [null],
      expected: ['first', 'listener', 'listener', 'second'],
      oursDiffers: 'it keeps its place: the bytes it takes to lose it are dearer',
    },
  ].map(({ between, ...rest }) => ({
    ...rest,
    async run(place: Place) {
      const socket = await open(place)
      const seen: string[] = []
      const note = (what: string) => () => seen.push(what)
      socket.onmessage = note('first')
      socket.addEventListener('message', note('listener'))
      socket.send('')
      await next(socket, 'message')
      for (const handler of [...between, note('second')]) socket.onmessage = handler
      socket.send('')
      await next(socket, 'message')
      socket.close()
      return seen
    },
  })),
  {
    name: 'handlers and listeners are called in order, with the socket as `this`',
    async run(place) {
      const socket = new place.Class(`${place.url}echo`)
      const seen: unknown[] = []
      const note = (what: unknown) =>
        function (this: unknown, event: Event): void {
          seen.push([
            what,
            event.type,
            this === socket,
            event.target === socket,
            event.currentTarget === socket,
          ])
        }
      socket.addEventListener('open', note(1))
      socket.onopen = note(2)
      socket.addEventListener('open', note(3))
      socket.addEventListener('close', note(4))
      socket.onclose = note(5)
      await next(socket, 'open')
      socket.close()
      await next(socket, 'close')
      return seen
    },
    expected: [
      ...[1, 2, 3].map((what) => [what, 'open', true, true, true]),
      ...[4, 5].map((what) => [what, 'close', true, true, true]),
    ],
  },
  {
    name: 'events say what they are',
    nodeDiffers: 'events of our own, since React Native has none: what no WebSocket event ever has is absent',
    async run(place) {
      const socket = new place.Class(`${place.url}fail`)
      const seen: unknown[] = []
      socket.onopen = () => socket.send('x')
      for (const type of ['open', 'message', 'error', 'close']) {
        socket.addEventListener(type, (event) => seen.push(members(event)))
      }
      await next(socket, 'close')
      return seen
    },
    expected: [
      ['[object Event]', 'open', false, false, 2, false, true],
      ['[object MessageEvent]', 'message', false, false, 2, false, true],
      ['[object Event]', 'error', false, false, 2, false, true],
      ['[object CloseEvent]', 'close', false, false, 2, false, true],
    ],
  },
  {
    name: 'a message names its origin, and has neither source nor ports',
    oursDiffers: 'the origin is empty: whoever listens made the socket, and knows',
    async run(place) {
      const socket = await open(place)
      socket.send('x')
      const { origin, source, ports, lastEventId } = await next(socket, 'message')
      socket.close()
      return [origin === new URL(place.url).origin, source, ports.length, lastEventId]
    },
    expected: [true, null, 0, ''],
  },
  {
    name: 'an event of the application’s own goes through',
    run: (place) =>
      whileConnecting(place, (socket) => {
        const seen: unknown[] = []
        socket.onerror = (event) => seen.push(event.type, event.target === socket)
        socket.addEventListener('own', { handleEvent: (event: Event) => seen.push(event.type) })
        seen.push(socket.dispatchEvent(new Event('error')), socket.dispatchEvent(new Event('own')))
        return seen
      }),
    expected: ['error', true, 'own', true, true],
  },
  {
    name: 'listeners: once, signal, twice the same, taken away, taken away meanwhile',
    run: (place) =>
      whileConnecting(place, (socket) => {
        const seen: string[] = []
        const note = (what: string) => () => seen.push(what)
        const [twice, gone, meanwhile] = [note('twice'), note('gone'), note('meanwhile')]
        const abort = new AbortController()
        socket.addEventListener('error', note('once'), { once: true })
        socket.addEventListener('error', note('signal'), { signal: abort.signal })
        socket.addEventListener('error', twice)
        socket.addEventListener('error', twice, false)
        socket.addEventListener('error', gone)
        socket.removeEventListener('error', gone)
        socket.addEventListener('error', () => socket.removeEventListener('error', meanwhile))
        socket.addEventListener('error', meanwhile)
        socket.dispatchEvent(new Event('error'))
        abort.abort()
        socket.dispatchEvent(new Event('error'))
        return seen
      }),
    expected: ['once', 'signal', 'twice', 'twice'],
  },
  {
    name: 'stopImmediatePropagation() keeps the next from being called',
    async run(place) {
      const socket = await open(place)
      const seen: string[] = []
      socket.addEventListener('close', (event) => {
        seen.push('first')
        event.stopImmediatePropagation()
      })
      socket.addEventListener('close', () => seen.push('second'))
      socket.close()
      await new Promise((resolve) => setTimeout(resolve, 100))
      return seen
    },
    expected: ['first'],
  },
  {
    name: 'a handler that throws is reported, and nobody else notices',
    inPages: true,
    async run(place) {
      const reported: string[] = []
      const report = (event: Event): void => {
        reported.push(`${Object(event).message}`.replace('Uncaught ', ''))
        event.preventDefault()
      }
      globalThis.addEventListener('error', report)
      const socket = new place.Class(`${place.url}echo`)
      socket.onopen = () => {
        socket.send('x')
        throw new Error('mine')
      }
      const life = lifeOf(socket)
      await next(socket, 'message')
      socket.close(1000)
      const seen = await life
      globalThis.removeEventListener('error', report)
      return [reported, seen]
    },
    expected: [
      ['Error: mine'],
      [
        ['open', 1],
        ['message', 1, 'x'],
        ['close', 3],
        [1000, '', true],
      ],
    ],
  },
]
