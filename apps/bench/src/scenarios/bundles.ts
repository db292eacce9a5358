import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { digits } from '../figures/figure.ts'
import type { Scenario } from './scenario.ts'

interface Entry {
  readonly label: string
  readonly code: string
  readonly ours?: boolean
}

const wsauth = (label: string, names: string): Entry => ({
  label: `wsauth, ${label}`,
  code: `export { ${names} } from '@wsauth/client'`,
  ours: true,
})

const entries: readonly Entry[] = [
  wsauth('class, first message', 'createWebSocketClass, firstMessage'),
  wsauth('AuthClient, first message', 'AuthClient, firstMessage'),
  wsauth('AuthClient, ticket', 'AuthClient, ticket'),
  wsauth('AuthClient, sub-protocol', 'AuthClient, subprotocol'),
  wsauth('AuthClient, every method', 'AuthClient, firstMessage, ticket, query, subprotocol, cookie, header'),
  { label: 'reconnecting-websocket', code: `export { default } from 'reconnecting-websocket'` },
  { label: 'partysocket WebSocket', code: `export { default } from 'partysocket/ws'` },
  { label: 'partysocket PartySocket', code: `export { default } from 'partysocket'` },
  { label: 'graphql-ws client', code: `export { createClient } from 'graphql-ws'` },
  { label: 'socket.io-client', code: `export { io } from 'socket.io-client'` },
  { label: 'centrifuge', code: `export { Centrifuge } from 'centrifuge'` },
]

/** What a web page pays, with every dependency. */
export const bundleScenario: Scenario = {
  name: 'bundles',
  about: 'client bundle sizes by entry, minified and compressed',
  async run() {
    const rows = await Promise.all(
      entries.map(async ({ label, code, ours = false }) => {
        const { minified, gzip } = await sizeOf(code)
        return {
          label,
          ours,
          bar: gzip,
          cells: [`${digits(gzip / 1_000)} kB`, `${digits(minified / 1_000)} kB`, 'size'],
        }
      }),
    )
    return [
      {
        name: 'bundles',
        title: 'Client in a web page, gzip',
        columns: ['gzip', 'minified', 'limited by'],
        rows: rows.toSorted((a, b) => a.bar - b.bar),
        bars: { unit: 'kB, minified by esbuild, gzip', better: 'less' },
        notes: [
          'Bundled by esbuild for browsers, ES2022, every dependency included. Only wsauth authenticates.',
        ],
      },
    ]
  },
}

async function sizeOf(code: string): Promise<{ minified: number; gzip: number }> {
  const resolveDir = fileURLToPath(new URL('..', import.meta.url))
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'error',
  })
  const bytes = outputFiles[0]?.contents ?? new Uint8Array()
  return { minified: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length }
}
