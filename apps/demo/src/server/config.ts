import { fileURLToPath } from 'node:url'

/** What the demo is started with; every value has a default, so that nothing has to be set. */
export interface DemoConfig {
  readonly host: string
  /** 0 asks for any free port. */
  readonly port: number
  /** Where accounts are kept: a file, or `:memory:` for a demo that forgets. */
  readonly data: string
  /** The origin that browsers see where a TLS proxy stands in front; its pages may sign in and connect too. */
  readonly publicOrigin?: string
  /** Life of an access token: short, so that it can be watched. */
  readonly accessTokenMs: number
}

/** Reads the environment; throws a `TypeError` that says what to write instead. */
export function configFrom(env: NodeJS.ProcessEnv): DemoConfig {
  const publicOrigin = env.PUBLIC_ORIGIN
  return {
    host: env.HOST ?? '127.0.0.1',
    port: wholeNumber('PORT', env.PORT ?? '8080', 0, 65_535),
    data: env.DATA ?? fileURLToPath(new URL('../../data/demo.sqlite', import.meta.url)),
    ...(publicOrigin ? { publicOrigin: originOf(publicOrigin) } : {}),
    accessTokenMs: wholeNumber('ACCESS_TOKEN_SECONDS', env.ACCESS_TOKEN_SECONDS ?? '60', 5, 3_600) * 1_000,
  }
}

/** Hosts that a browser on this machine reaches as `localhost`: loopback, and every address there is. */
const onThisMachine: readonly string[] = ['127.0.0.1', '::1', 'localhost', '0.0.0.0', '::']

/** Where a browser opens a server that listens on `host`; the first is the one to tell. */
export function addressesOf(host: string, port: number): readonly [string, ...string[]] {
  if (!onThisMachine.includes(host)) return [`http://${host.includes(':') ? `[${host}]` : host}:${port}`]
  return [`http://localhost:${port}`, `http://127.0.0.1:${port}`, `http://[::1]:${port}`]
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= least && value <= most) return value
  throw new TypeError(
    `${name} is a whole number from ${least} to ${most}, such as ${name}=${Math.max(least, 8080 % most)}`,
  )
}

function originOf(text: string): string {
  if (URL.canParse(text) && new URL(text).origin === text) return text
  throw new TypeError(
    'PUBLIC_ORIGIN is scheme, host and port alone, such as PUBLIC_ORIGIN=https://demo.example',
  )
}
