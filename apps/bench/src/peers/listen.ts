import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Job, Served } from '../job.ts'

/** Listens on a free loopback port, as the job wants it. */
export async function listen(server: Server, { backlog }: Job, close?: () => unknown): Promise<Served> {
  await new Promise<void>((resolve) => {
    server.listen({ port: 0, host: '127.0.0.1', ...(backlog ? { backlog } : {}) }, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      await close?.()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
