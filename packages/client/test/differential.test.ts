import { expect, it } from 'vitest'
import type { WebSocket as ServerSocket } from 'ws'
import { createWebSocketClass } from '../src/index.ts'
import { serve } from './support/servers.ts'

// What Node's own WebSocket does, the class does, but for the moment of `open`.

type SocketClass = new (url: string, protocols?: string | string[]) => WebSocket

interface Scenario {
  readonly name: string
  /** The server's part, once authenticated. */
  readonly server?: (socket: ServerSocket) => void
  readonly protocols?: string[]
  /** The client's part; what it notes is compared. */
  readonly client: (socket: WebSocket, note: (what: unknown) => void) => void
}

const echo = (socket: ServerSocket) =>
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))

const scenarios: readonly Scenario[] = [
  {
    name: 'text there and back',
    server: echo,
    client(socket, note) {
      socket.onopen = () => socket.send('grüße')
      socket.onmessage = ({ data, type }) => {
        note([type, data])
        socket.close(1000, 'bye')
      }
    },
  },
  {
    name: 'bytes there and back, as a Blob by default',
    server: echo,
    client(socket, note) {
      note(socket.binaryType)
      socket.onopen = () => socket.send(new Uint8Array([1, 2, 3]))
      socket.onmessage = ({ data }) => {
        note([data instanceof Blob, data.size])
        socket.close()
      }
    },
  },
  {
    name: 'bytes as ArrayBuffer where asked for',
    server: echo,
    client(socket, note) {
      socket.binaryType = 'arraybuffer'
      socket.onopen = () => socket.send(new Uint8Array([1, 2, 3]))
      socket.onmessage = ({ data }) => {
        note([data instanceof ArrayBuffer, data.byteLength])
        socket.close(3000)
      }
    },
  },
  {
    name: 'the server closes with a code of its own',
    server: (socket) => socket.close(4444, 'because'),
    client() {},
  },
  { name: 'the server closes without a code', server: (socket) => socket.close(), client() {} },
  {
    name: 'close() while connecting',
    client(socket) {
      // Theirs tells error and close before close() returns, which the standard does not allow: note nothing here.
      socket.close(1000)
      socket.close(1000)
    },
  },
  {
    name: 'send() while connecting',
    client(socket, note) {
      try {
        socket.send('early')
      } catch (error) {
        note(Object(error).name)
      }
      socket.onopen = () => socket.close(1000)
    },
  },
  {
    name: 'messages of a server that says much at once, after close()',
    server: (socket) => {
      for (let n = 0; n < 5; n++) socket.send(`${n}`)
    },
    client(socket, note) {
      socket.onmessage = ({ data }) => {
        note(data)
        if (data === '2') socket.close(1000)
      }
    },
  },
  {
    name: 'a sub-protocol',
    protocols: ['chat', 'superchat'],
    client(socket, note) {
      socket.onopen = () => {
        note(socket.protocol)
        socket.close(1000)
      }
    },
  },
]

async function run(Class: SocketClass, url: string, { protocols, client }: Scenario): Promise<unknown[]> {
  const notes: unknown[] = []
  const socket = new Class(url, protocols)
  notes.push(socket.readyState, socket.protocol, socket.bufferedAmount)
  await new Promise<void>((resolve) => {
    for (const type of ['open', 'error'])
      socket.addEventListener(type, () => notes.push([type, socket.readyState]))
    socket.addEventListener('close', ({ code, reason, wasClean }) => {
      notes.push(['close', socket.readyState, code, reason, wasClean])
      resolve()
    })
    client(socket, (what) => notes.push(what))
  })
  return notes
}

it.each(scenarios)('$name', async (scenario) => {
  const { url } = await serve((socket, request) => {
    if (request.url === '/plain') return scenario.server?.(socket)
    socket.once('message', () => {
      socket.send('{"type":"auth_ok","userId":"alice"}')
      scenario.server?.(socket)
    })
    return undefined
  })
  const theirs = await run(WebSocket, `${url}plain`, scenario)
  const ours = await run(createWebSocketClass({ token: 'good' }), `${url}auth`, scenario)
  expect(ours).toEqual(theirs)
})

it('a server that is not there', async () => {
  const scenario: Scenario = { name: '', client() {} }
  const url = 'ws://127.0.0.1:1/'
  const ours = await run(createWebSocketClass({ token: 'good' }), url, scenario)
  expect(ours).toEqual(await run(WebSocket, url, scenario))
})

it.each([
  ['nonsense', []],
  ['ws://localhost/#x', []],
  ['ftp://localhost/', []],
  ['ws://localhost/', ['a', 'a']],
  ['ws://localhost/', ['a b']],
  ['ws://localhost/', ['']],
])('new WebSocket(%j, %j) throws the same', (url, protocols) => {
  const nameOf = (Class: SocketClass) => {
    try {
      new Class(url, protocols)
    } catch (error) {
      return Object(error).name
    }
  }
  expect(nameOf(createWebSocketClass({ token: 'good' }))).toBe(nameOf(WebSocket))
})

it.each(['ws://LOCALHOST', 'http://localhost:80/a b', 'wss://x.example:443/%7Efoo/../bar?q=ä'])(
  '%s is normalised the same',
  (url) => {
    const [theirs, ours] = [new WebSocket(url), new (createWebSocketClass({ token: 'good' }))(url)]
    expect(ours.url).toBe(theirs.url)
    for (const socket of [theirs, ours]) socket.close()
  },
)
