import {
  attempt,
  lifeOf,
  messagesOf,
  next,
  open,
  type Place,
  type StandardCase,
  whileConnecting,
} from './case.ts'

/** An open socket, closed like this: what it is told. */
async function closed(place: Place, ...how: unknown[]): Promise<unknown> {
  const socket = await open(place)
  const life = lifeOf(socket)
  const thrown = attempt(() => Reflect.apply(socket.close, socket, how))
  if (thrown === undefined) return [socket.readyState, ...(await life)]
  socket.close()
  return thrown
}

const clean = (code: number, reason = ''): unknown => [2, ['close', 3], [code, reason, true]]
const failed = [
  ['error', 3],
  ['close', 3],
  [1006, '', false],
]

const wsRefuses = new Set(['close(1000, null)', 'close(1000, 5)', "close('1000')"])

/** Close-*, close-invalid, interfaces/WebSocket/close/*, interfaces/CloseEvent/*, closing-handshake/*. */
export const closeCases: readonly StandardCase[] = [
  ...[
    0,
    500,
    999,
    1001,
    1005,
    1006,
    1015,
    2999,
    5000,
    0x1_0000 + 1000,
    -1,
    Number.NaN,
    'string',
    null,
    '3abc',
    {},
  ].map((code) => ({
    name: `close(${typeof code === 'string' ? `'${code}'` : JSON.stringify(code)})`,
    run: (place: Place) => closed(place, code),
    expected: 'InvalidAccessError',
  })),
  ...(
    [
      ['close()', [], clean(1005)],
      ['close(undefined)', [undefined], clean(1005)],
      ['close(undefined, undefined)', [undefined, undefined], clean(1005)],
      ['close(1000)', [1000], clean(1000)],
      ['close(1000, undefined)', [1000, undefined], clean(1000)],
      ['close(1000, null)', [1000, null], clean(1000, 'null')],
      ['close(1000, 5)', [1000, 5], clean(1000, '5')],
      ['close(1000, a reason)', [1000, 'grüße'], clean(1000, 'grüße')],
      ['close(1000, half a pair)', [1000, '\ud807'], clean(1000, '\ufffd')],
      ['close(1000, 123 bytes)', [1000, 'é'.repeat(61).concat('x')], clean(1000, 'é'.repeat(61).concat('x'))],
      ['close(1000, 124 bytes)', [1000, 'é'.repeat(62)], 'SyntaxError'],
      ['close(3000)', [3000], clean(3000)],
      ['close(3000, a reason)', [3000, 'bye'], clean(3000, 'bye')],
      ['close(4999)', [4999], clean(4999)],
      ["close('1000')", ['1000'], clean(1000)],
      ['close(1000.4)', [1000.4], clean(1000)],
    ] as const
  ).map(([name, how, expected]) => ({
    name,
    run: (place: Place) => closed(place, ...how),
    expected,
    ...(wsRefuses.has(name) && { nodeDiffers: 'ws takes a whole number and a string' }),
  })),
  {
    name: 'close() throws for a bad code and reason in every state, and changes nothing',
    async run(place) {
      const tries = (socket: WebSocket): unknown[] => [
        attempt(() => socket.close(1001)),
        attempt(() => socket.close(1000, 'x'.repeat(124))),
        socket.readyState,
      ]
      const socket = new place.Class(`${place.url}echo`)
      const seen = [tries(socket)]
      await next(socket, 'open')
      seen.push(tries(socket))
      socket.close()
      seen.push(tries(socket))
      await next(socket, 'close')
      seen.push(tries(socket))
      return seen
    },
    expected: [0, 1, 2, 3].map((state) => ['InvalidAccessError', 'SyntaxError', state]),
  },
  {
    name: 'close() while connecting: error and close, later, once',
    async run(place) {
      const socket = new place.Class(`${place.url}silent`)
      const life = lifeOf(socket)
      for (let times = 0; times < 3; times++) socket.close(1000, 'bye')
      return [socket.readyState, ...(await life)]
    },
    expected: [2, ...failed],
  },
  {
    name: 'close() while connecting, some time later',
    async run(place) {
      const socket = new place.Class(`${place.url}silent`)
      const life = lifeOf(socket)
      await new Promise((resolve) => setTimeout(resolve, 100))
      socket.close()
      return [socket.readyState, ...(await life)]
    },
    expected: [2, ...failed],
  },
  {
    name: 'close() in open, message and close, and again',
    async run(place) {
      const socket = new place.Class(`${place.url}talk`)
      const states: number[] = []
      const close = (): void => {
        socket.close(1000)
        socket.close(3000, 'not this one')
        states.push(socket.readyState)
      }
      socket.onmessage = ({ data }) => data === '2' && close()
      socket.onclose = close
      return [await lifeOf(socket), states]
    },
    expected: [
      [
        ['open', 1],
        ['message', 1, '0'],
        ['message', 1, '1'],
        ['message', 2, '2'],
        ['close', 3],
        [1000, '', true],
      ],
      [2, 3],
    ],
  },
  {
    name: 'close() right after send(): what was sent arrives first',
    async run(place) {
      const listener = await open(place, 'listen')
      const messages = messagesOf(listener, 3)
      const socket = await open(place, 'tell')
      for (const data of ['a', 'b', 'x'.repeat(100_000)]) socket.send(data)
      socket.close()
      const heard = await messages
      listener.close()
      return heard.map(({ length }) => length)
    },
    expected: [1, 1, 100_000],
  },
  ...(
    [
      [
        'close/1000',
        [
          ['open', 1],
          ['close', 3],
          [1000, '', true],
        ],
      ],
      [
        'close/3456/bye',
        [
          ['open', 1],
          ['close', 3],
          [3456, 'bye', true],
        ],
      ],
      [
        'close/1001/away',
        [
          ['open', 1],
          ['close', 3],
          [1001, 'away', true],
        ],
      ],
      [
        'close/1011',
        [
          ['open', 1],
          ['close', 3],
          [1011, '', true],
        ],
      ],
      [
        'close',
        [
          ['open', 1],
          ['close', 3],
          [1005, '', true],
        ],
      ],
      [
        'drop',
        [
          ['open', 1],
          ['close', 3],
          [1006, '', false],
        ],
      ],
      ['fail', [['open', 1], ['message', 1, 'x'], ...failed]],
      ['refuse', failed],
    ] as const
  ).map(([path, expected]) => ({
    name: `the server’s end: ${path}`,
    run({ Class, url }: Place) {
      const socket = new Class(url + path)
      // These two act when they are told to: a browser that has the end beside the opening may show the end alone.
      if (path === 'drop' || path === 'fail') socket.onopen = () => socket.send('x')
      return lifeOf(socket)
    },
    expected,
    ...(path === 'refuse' && { nodeDiffers: 'the reason says which status refused it' }),
  })),
  {
    name: 'the server’s end: none of the sub-protocols',
    firefoxDiffers: 'it opens all the same',
    run({ Class, url }) {
      const socket = new Class(`${url}no-protocol`, ['chat'])
      socket.onopen = () => socket.close()
      return lifeOf(socket)
    },
    expected: failed,
  },
  {
    name: 'nobody there',
    run: ({ Class }) => lifeOf(new Class('ws://127.0.0.1:59/')),
    expected: failed,
  },
  {
    name: 'a socket that is closed stays closed',
    async run(place) {
      const socket = await open(place, 'close/1000')
      if (socket.readyState < 3) await next(socket, 'close')
      const before = socket.readyState
      return [
        before,
        attempt(() => socket.close()),
        attempt(() => socket.close(3000, 'x')),
        socket.readyState,
      ]
    },
    expected: [3, 'undefined', 'undefined', 3],
  },
  {
    name: 'readyState is CONNECTING at first, and CLOSING after close()',
    run: (place) =>
      whileConnecting(place, (socket) => {
        const before = socket.readyState
        socket.close()
        return [before, socket.readyState]
      }),
    expected: [0, 2],
  },
]
