import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Cluster } from './cluster.ts'

const page = readFileSync(new URL('page.html', import.meta.url))
const headers = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' }

/** The page and its buttons, for this machine alone. Gives its address and the way to end it. */
export async function serveAdmin(
  cluster: Cluster,
  port: number,
): Promise<{ url: string; close: () => void }> {
  const server = createServer((request, response) => {
    answer(cluster, request, response).catch(() => {
      if (!response.headersSent) response.writeHead(500, headers)
      response.end()
    })
  }).listen(port, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, close: () => void server.close() }
}

async function answer(cluster: Cluster, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, first = '', second = ''] = (request.url ?? '').split('/')
  if (request.method === 'GET' && first === '') {
    response.writeHead(200, { ...headers, 'Content-Type': 'text/html; charset=utf-8' }).end(page)
  } else if (request.method === 'GET' && first === 'snapshot') {
    const snapshot = await cluster.snapshot()
    response.writeHead(200, { ...headers, 'Content-Type': 'application/json' }).end(JSON.stringify(snapshot))
  } else if (request.method === 'POST' && isOwnPage(request)) {
    response.writeHead((await cluster.act(first, second)) ? 204 : 404, headers).end()
  } else {
    response.writeHead(404, headers).end()
  }
}

/** Any page of the web may send a POST here; only ours names this very address as its origin, under a name for this machine. */
function isOwnPage({ headers: { origin, host = '' } }: IncomingMessage): boolean {
  return origin === `http://${host}` && /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host)
}
