import { attempt, next, open, type StandardCase, whileConnecting } from './case.ts'

const constants = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'] as const
const attributes = ['url', 'readyState', 'bufferedAmount', 'extensions', 'protocol'] as const
const handlers = ['onopen', 'onmessage', 'onerror', 'onclose'] as const

const look = (socket: object): unknown[] => attributes.map((name) => Reflect.get(socket, name))

/** interfaces/WebSocket/{constants,readyState,url,bufferedAmount}/*, binaryType-wrong-value, idlharness. */
export const attributeCases: readonly StandardCase[] = [
  {
    name: 'the constants are on class, prototype and socket; enumerable, and nothing changes them',
    run: (place) =>
      whileConnecting(place, (socket) =>
        [place.Class, place.Class.prototype].map((holder) =>
          constants.map((name) => [
            Reflect.get(holder, name),
            socket[name],
            Object.getOwnPropertyDescriptor(holder, name)?.enumerable,
            Reflect.set(holder, name, 5),
            Reflect.deleteProperty(holder, name),
          ]),
        ),
      ),
    expected: [0, 1].map(() => [0, 1, 2, 3].map((value) => [value, value, true, false, false])),
  },
  {
    name: 'attributes that are read only',
    oursDiffers:
      'url, protocol, extensions and readyState are members of the socket: writing them harms only the writer',
    run: (place) =>
      whileConnecting(place, (socket) => {
        const before = JSON.stringify(look(socket))
        const set = attributes.map((name) => Reflect.set(socket, name, 'x'))
        return [set, JSON.stringify(look(socket)) === before]
      }),
    expected: [[false, false, false, false, false], true],
  },
  {
    name: 'attributes outlive their deletion from the socket',
    oursDiffers: 'see above',
    run: (place) =>
      whileConnecting(place, (socket) => {
        const before = JSON.stringify(look(socket))
        for (const name of attributes) attempt(() => Reflect.deleteProperty(socket, name))
        return JSON.stringify(look(socket)) === before
      }),
    expected: true,
  },
  {
    name: 'the handlers are on the prototype',
    run: ({ Class }) =>
      handlers.map((name) => {
        const { enumerable, get, set } = Object(Object.getOwnPropertyDescriptor(Class.prototype, name))
        return [enumerable, typeof get, typeof set]
      }),
    expected: handlers.map(() => [true, 'function', 'function']),
  },
  {
    name: 'everything is on the prototype, enumerable, and nothing on the socket',
    oursDiffers: 'see above; methods of a class are not enumerable',
    run: (place) =>
      whileConnecting(place, (socket) => [
        Object.keys(socket),
        [...attributes, ...handlers, 'binaryType', 'send', 'close'].filter(
          (name) => !Object.getOwnPropertyDescriptor(place.Class.prototype, name)?.enumerable,
        ),
        [...attributes, ...handlers].filter((name) => Object.hasOwn(socket, name)),
      ]),
    expected: [[], [], []],
  },
  {
    name: 'a subclass may stand between: accessors and methods of its own are called',
    async run(place) {
      const seen: unknown[] = []
      class Between extends place.Class {
        override set onmessage(handler: WebSocket['onmessage']) {
          seen.push('onmessage')
          super.onmessage = handler
        }
        override get onmessage(): WebSocket['onmessage'] {
          return super.onmessage
        }
        override send(data: string): void {
          super.send(`${data}!`)
        }
      }
      const socket = await open({ ...place, Class: Between })
      socket.onmessage = ({ data }) => seen.push(data)
      socket.send('one')
      await next(socket, 'message')
      socket.close()
      return seen
    },
    expected: ['onmessage', 'one!'],
  },
  {
    name: 'it says what it is',
    oursDiffers: 'its name is its own, since it is not the WebSocket of the platform',
    run: (place) => whileConnecting(place, (socket) => [`${socket}`, place.Class.name]),
    expected: ['[object WebSocket]', 'WebSocket'],
  },
  {
    name: 'URL is not url; there is nothing of the kind',
    run: (place) => whileConnecting(place, (socket) => ['URL' in socket, 'URL' in place.Class.prototype]),
    expected: [false, false],
  },
  {
    name: 'binaryType is blob, may be arraybuffer, and nothing else',
    oursDiffers: 'what is no type shows until it dials, then no more',
    async run(place) {
      const socket = new place.Class(`${place.url}echo`)
      const seen: unknown[] = [socket.binaryType]
      const set = (type: unknown): void => {
        Reflect.set(socket, 'binaryType', type)
        seen.push(socket.binaryType)
      }
      for (const type of ['notBlobOrArrayBuffer', 'arraybuffer', 'Blob', undefined]) set(type)
      await next(socket, 'open')
      for (const type of ['notBlobOrArrayBuffer', 'blob', 'ArrayBuffer', null, 'arraybuffer']) set(type)
      socket.close()
      return seen
    },
    expected: [
      'blob',
      ...['blob', 'arraybuffer', 'arraybuffer', 'arraybuffer'],
      ...['arraybuffer', 'blob', 'blob', 'blob', 'arraybuffer'],
    ],
  },
]
