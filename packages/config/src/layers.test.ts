import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { violations } from './layers.ts'
import { root } from './workspace.ts'

const sources = globSync('packages/{protocol,client,server,redis,react}/src/**/*.{ts,tsx}', {
  cwd: root,
}).filter((file) => !/\.test\.tsx?$/.test(file))

describe('imports point down', () => {
  it('in packages that are there', () => {
    expect(sources.length).toBeGreaterThan(2)
  })

  it.each(sources)('%s', (file) => {
    const path = file.replace(/^packages\//, '').replace('/src/', '/')
    expect(violations(path, readFileSync(join(root, file), 'utf8'))).toEqual([])
  })
})

describe('a seeded import that points up is named', () => {
  it.each([
    ['protocol/wire/errors.ts', '../handshake/server.ts', 'wire may not import machines'],
    ['protocol/handshake/server.ts', '../testing/fake-clock.ts', 'machines may not import entries'],
    ['protocol/handshake/server.ts', 'node:timers', 'protocol imports nothing outside itself'],
    ['protocol/handshake/server.ts', '@wsauth/server', 'protocol does not stand on server'],
    ['client/methods/header.ts', '../client.ts', 'policies may not import drivers'],
    ['client/client.ts', './sockets/isomorphic.ts', 'drivers may not import edges'],
    ['client/client.ts', '@wsauth/server', 'client does not stand on server'],
    ['client/client.ts', 'isomorphic-ws', 'isomorphic-ws is known to client/sockets/isomorphic.ts only'],
    ['client/websocket-class.ts', 'eventemitter3', 'eventemitter3 is known to client/client.ts only'],
    ['server/methods/header.ts', '../verifiers/jwt.ts', 'neighbours meet through a port file'],
    ['server/tickets/redeem.ts', '../stores/memory.ts', 'neighbours meet through a port file'],
    ['server/verifiers/jwt.ts', '../connection.ts', 'policies may not import drivers'],
    ['server/authenticator.ts', './sockets/ws.ts', 'drivers may not import edges'],
    ['server/connection.ts', './index.ts', 'drivers may not import entries'],
    ['server/connection.ts', '../../client/src/client.ts', 'a package is imported by its name'],
    ['server/methods/header.ts', 'jose', 'jose is known to'],
    ['server/authenticator.ts', 'ws', 'ws is known to'],
    ['server/connection.ts', '@wsauth/client', 'server does not stand on client'],
  ])('%s → %s', (path, specifier, complaint) => {
    expect(violations(path, `import { x } from '${specifier}'\n`)).toEqual([
      expect.stringContaining(`${path} imports ${specifier}: ${complaint}`),
    ])
  })

  it.each([
    "import type { X } from 'ws'",
    "import 'ws'",
    "import {\n  a,\n  b,\n} from 'ws'",
    "export { x } from 'ws'",
    "export * from 'ws'",
    "export type Socket = import('ws').WebSocket",
    "const ws = await import('ws')",
  ])('however it is written: %j', (source) => {
    expect(violations('server/connection.ts', source)).toHaveLength(1)
  })
})

describe('what may be imported', () => {
  it.each([
    ['protocol/handshake/server.ts', '../wire/errors.ts'],
    ['protocol/index.ts', './handshake/server.ts'],
    ['protocol/testing/duel.ts', '../handshake/server.ts'],
    ['client/client.ts', '#socket'],
    ['client/client.ts', 'eventemitter3'],
    ['client/methods/header.ts', '@wsauth/protocol'],
    ['server/methods/header.ts', './method.ts'],
    ['server/methods/ticket.ts', '../stores/ticket-store.ts'],
    ['server/verifiers/jwt.ts', '../principal.ts'],
    ['server/verifiers/jwt.ts', 'jose'],
    ['server/authenticator.ts', './verifiers/verifier.ts'],
    ['server/sockets/ws.ts', '../connection.ts'],
    ['server/sockets/ws.ts', 'ws'],
    ['server/testing/ticket-store-cases.ts', '../stores/ticket-store.ts'],
  ])('%s → %s', (path, specifier) => {
    expect(violations(path, `import { x } from '${specifier}'\n`)).toEqual([])
  })

  it('reads no import out of text', () => {
    const source = "/**\n * import { x } from 'ws'\n */\nexport const name = 'ws'\nexport type Name = 'ws'\n"
    expect(violations('server/connection.ts', source)).toEqual([])
  })
})
