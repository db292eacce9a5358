import { attempt, next, type Place, type StandardCase } from './case.ts'

const made = ({ Class }: Place, url: string, protocols?: unknown): unknown =>
  attempt(() => {
    const socket = new Class(url, protocols as string[])
    socket.close()
    return socket.url.replace(/^.*?\/\/[^/]*/, '')
  })

/** What the far end was offered, and what came of it. */
async function offered(place: Place, protocols: unknown): Promise<unknown> {
  const socket = new place.Class(`${place.url}offered`, protocols as string[])
  const { data } = await next(socket, 'message')
  socket.close()
  return [data, socket.protocol]
}

/** constructor/*, Create-*, interfaces/WebSocket/url/* and /protocol/* of web-platform-tests. */
export const constructorCases: readonly StandardCase[] = [
  ...[
    'ws://foo^bar.com/',
    'wss://[::1',
    'ftp://localhost/',
    'mailto:example@example.org',
    'about:blank',
    'javascript:1',
    'ws://localhost/#',
    'ws://localhost/#test',
    '#test',
    'ws://',
    'ws://localhost:65536/',
  ].map((url) => ({
    name: `no socket for ${url}`,
    run: (place: Place) => made(place, url),
    expected: 'SyntaxError',
  })),
  ...[
    [''],
    ['a b'],
    ['/echo'],
    ['grüße'],
    ['\u0001'],
    ['\u007f'],
    ['a', 'a'],
    ['a,b'],
    ['a', 'b', 'a'],
    ...[...'()<>@,;:\\"/[]?={} \t'].map((separator) => [`a${separator}b`]),
  ].map((protocols) => ({
    name: `no socket for the sub-protocols ${JSON.stringify(protocols)}`,
    run: (place: Place) => made(place, 'ws://localhost/', protocols),
    expected: 'SyntaxError',
  })),
  {
    name: 'the address is looked at before the sub-protocols; without `new` a TypeError',
    run: ({ Class }) => [
      attempt(() => new Class('ftp://x', ['a', 'a'])),
      attempt(() => Reflect.apply(Class, undefined, ['ws://localhost/'])),
    ],
    expected: ['SyntaxError', 'TypeError'],
  },
  {
    name: 'the address is normalised',
    run: ({ Class }) =>
      [
        'ws://LOCALHOST:80/a b?c d',
        'wss://example.invalid:443',
        'wss://example.invalid:80/%7Efoo/../bar?q=ä',
        'http://localhost/',
        'https://example.invalid/?',
        ' ws://localhost/\n',
        new URL('ws://localhost/url'),
        Object('ws://localhost/object'),
      ].map((url) => {
        const socket = new Class(url)
        socket.close()
        return socket.url
      }),
    expected: [
      'ws://localhost/a%20b?c%20d',
      'wss://example.invalid/',
      'wss://example.invalid:80/bar?q=%C3%A4',
      'ws://localhost/',
      'wss://example.invalid/?',
      'ws://localhost/',
      'ws://localhost/url',
      'ws://localhost/object',
    ],
  },
  {
    name: 'a page has relative addresses',
    inPages: true,
    run: (place) => ['/ws', '?x', 'ws', '../ws'].map((url) => made(place, url)),
    expected: ['/ws', '/?x', '/ws', '/ws'],
  },
  {
    name: 'a third argument is nobody’s business',
    run: ({ Class }) => {
      const socket = new Class('ws://localhost/', [], 'stray')
      socket.close()
      return [socket instanceof Class, Class.length]
    },
    expected: [true, 1],
  },
  ...(
    [
      ['none', undefined, '', ''],
      ['an empty list', [], '', ''],
      ['a string', 'chat', 'chat', 'chat'],
      ['a list', ['chat', 'superchat'], 'chat, superchat', 'chat'],
      ['two that differ in case', ['chat', 'Chat'], 'chat, Chat', 'chat'],
      ['null', null, 'null', 'null'],
      ['numbers', [1, 2], '1, 2', '1'],
      ['an object that says a name', { toString: () => 'chat' }, 'chat', 'chat'],
      ['a Set', new Set(['chat', 'superchat']), 'chat, superchat', 'chat'],
    ] as const
  ).map(([name, protocols, sent, chosen]) => ({
    name: `sub-protocols: ${name}`,
    run: (place: Place) => offered(place, protocols),
    expected: [sent, chosen],
    ...(protocols instanceof Set && { oursDiffers: 'a string or a list, as the types say' }),
  })),
  {
    name: 'protocol and extensions are empty until open',
    async run(place) {
      const socket = new place.Class(`${place.url}echo`, ['chat'])
      const before = [socket.protocol, socket.extensions]
      await next(socket, 'open')
      const found = [...before, socket.protocol, socket.extensions]
      socket.close()
      return found
    },
    expected: ['', '', 'chat', ''],
  },
]
