import type { IncomingMessage } from 'node:http'
import { trustedProxies } from '../../src/trusted-proxies.ts'
import { type UpgradeRequest, upgradeRequestOf } from '../../src/upgrade-request.ts'

export type RawHeader = readonly [name: string, value: string]

export interface RawRequest {
  readonly url?: string
  readonly headers?: readonly RawHeader[]
  readonly address?: string
  readonly trustProxy?: readonly string[]
}

/** An `IncomingMessage` as Node would have read it, for code that only looks at it. */
export function incoming({
  url = '/ws',
  headers = [],
  address = '192.0.2.1',
}: RawRequest = {}): IncomingMessage {
  const all: readonly RawHeader[] = [
    ['Host', 'chat.example'],
    ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
    ...(headers.some(([name]) => /^sec-websocket-version$/i.test(name))
      ? []
      : [['Sec-WebSocket-Version', '13'] as const]),
    ...headers,
  ]
  const joined: Record<string, string> = {}
  const distinct: Record<string, string[]> = {}
  for (const [name, value] of all) {
    const key = name.toLowerCase()
    joined[key] = key in joined ? `${joined[key]}${key === 'cookie' ? '; ' : ', '}${value}` : value
    distinct[key] = [...(distinct[key] ?? []), value]
  }
  return {
    url,
    method: 'GET',
    rawHeaders: all.flat(),
    headers: joined,
    headersDistinct: distinct,
    socket: { remoteAddress: address },
  } as unknown as IncomingMessage
}

/** The same, as policies see it. Throws for a request that is refused. */
export function upgradeRequest(raw: RawRequest = {}): UpgradeRequest {
  const request = upgradeRequestOf(incoming(raw), trustedProxies(raw.trustProxy))
  if (typeof request === 'string') throw new Error(`the request is refused: ${request}`)
  return request
}
