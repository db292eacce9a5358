import { attempt, messagesOf, next, open, type Place, type StandardCase, whileConnecting } from './case.ts'

/** There and back, as text where it came as text, else as a list of bytes. */
async function echoed(place: Place, ...said: unknown[]): Promise<(string | number[])[]> {
  const socket = await open(place)
  socket.binaryType = 'arraybuffer'
  const heard = messagesOf(socket, said.length)
  for (const data of said) socket.send(data as string)
  return heard.finally(() => socket.close())
}

const bytes = Uint8Array.from({ length: 16 }, (_, n) => n + 1).buffer
const lengths = [0, 1, 125, 126, 127, 65_535, 65_536, 200_000]

/** Send-*, interfaces/WebSocket/send/*, interfaces/WebSocket/bufferedAmount/*, extended-payload-length. */
export const messageCases: readonly StandardCase[] = [
  ...(
    [
      ['nothing', '', ''],
      ['Unicode', '¥¥ grüße 😀', '¥¥ grüße 😀'],
      ['half of a pair, each way', 'a\udc00x a\ud800x a\udc00\ud800x', 'a\ufffdx a\ufffdx a\ufffd\ufffdx'],
      ['a zero', 'a\0b', 'a\0b'],
      ['null', null, 'null'],
      ['undefined', undefined, 'undefined'],
      ['a number', 5, '5'],
      ['a truth', true, 'true'],
      ['a list', ['a', 'b'], 'a,b'],
      ['an object', {}, '[object Object]'],
      ['an object that says something', { toString: () => 'said' }, 'said'],
    ] as const
  ).map(([name, data, heard]) => ({
    name: `send(): ${name}`,
    run: (place: Place) => echoed(place, data),
    expected: [heard],
    ...(typeof data === 'string' || typeof data === 'number'
      ? {}
      : { nodeDiffers: 'ws sends null as nothing, and refuses objects' }),
  })),
  ...(
    [
      ['an ArrayBuffer', bytes.slice(2, 5), [3, 4, 5]],
      ['an empty ArrayBuffer', new ArrayBuffer(0), []],
      ['Uint8Array, a part', new Uint8Array(bytes, 1, 2), [2, 3]],
      ['Int16Array, a part', new Int16Array(bytes, 2, 1), [3, 4]],
      ['Float64Array, a part', new Float64Array(bytes, 8), [9, 10, 11, 12, 13, 14, 15, 16]],
      ['DataView, a part', new DataView(bytes, 3, 2), [4, 5]],
      ['Blob', new Blob([new Uint8Array(bytes, 0, 2), 'a']), [1, 2, 97]],
    ] as const
  ).map(([name, data, heard]) => ({
    name: `send(): ${name}`,
    run: (place: Place) => echoed(place, data),
    expected: [heard],
  })),
  {
    name: 'send() keeps the order, whatever is sent',
    run: (place) => echoed(place, 'one', new Blob(['a']), 'two', new Uint8Array([7]), new Blob([]), 'three'),
    expected: ['one', [97], 'two', [7], [], 'three'],
  },
  {
    name: 'what is sent is what it was then',
    run: (place) => {
      const data = new Uint8Array([1, 2, 3])
      const heard = echoed(place, data)
      return heard.finally(() => data.fill(0))
    },
    expected: [[1, 2, 3]],
  },
  {
    name: 'messages of every length, as text and as bytes',
    async run(place) {
      const texts = await echoed(place, ...lengths.map((length) => 'x'.repeat(length)))
      const binary = await echoed(place, ...lengths.map((length) => new Uint8Array(length)))
      return [...texts, ...binary].map((data) => data.length)
    },
    expected: [...lengths, ...lengths],
  },
  {
    name: 'bytes come as what binaryType says at that moment',
    async run(place) {
      const socket = await open(place)
      const seen: unknown[] = []
      for (const type of ['blob', 'arraybuffer', 'blob'] as const) {
        socket.binaryType = type
        socket.send(new Uint8Array(3))
        const { data } = await next(socket, 'message')
        seen.push([data instanceof Blob, data instanceof ArrayBuffer, data.size ?? data.byteLength])
      }
      socket.close()
      return seen
    },
    expected: [
      [true, false, 3],
      [false, true, 3],
      [true, false, 3],
    ],
  },
  {
    name: 'send() while connecting is an InvalidStateError, and a TypeError without data',
    oursDiffers: 'without data it is the same error as with',
    run: (place) =>
      whileConnecting(place, (socket) => [
        ...['a', 'a\ud800', '', new Blob([])].map((data) => attempt(() => socket.send(data))),
        attempt(() => Reflect.apply(socket.send, socket, [])),
      ]),
    expected: [...Array(4).fill('InvalidStateError'), 'TypeError'],
  },
  {
    name: 'send() after close() is nothing, but for bufferedAmount, which grows',
    oursDiffers: 'what goes nowhere is not counted',
    async run(place) {
      const socket = await open(place)
      socket.close()
      const before = socket.bufferedAmount
      const said = [attempt(() => socket.send('gone')), socket.bufferedAmount - before]
      await next(socket, 'close')
      return [...said, attempt(() => socket.send(new Uint8Array(3))), socket.bufferedAmount - before]
    },
    expected: ['undefined', 4, 'undefined', 7],
  },
  {
    name: 'bufferedAmount is the bytes not yet on their way, and falls to nothing',
    nodeDiffers: 'ws counts what the operating system has not taken, frames included',
    async run(place) {
      const socket = await open(place)
      const seen = [socket.bufferedAmount]
      for (const data of ['x'.repeat(1_000), '¥¥', new Uint8Array(10), new Blob(['abc'])]) {
        socket.send(data)
        seen.push(socket.bufferedAmount)
      }
      await next(socket, 'message')
      await new Promise((resolve) => setTimeout(resolve, 100))
      seen.push(socket.bufferedAmount)
      socket.close()
      return seen
    },
    expected: [0, 1_000, 1_004, 1_014, 1_017, 0],
  },
]
