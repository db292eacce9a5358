import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type { WebSocketServer } from 'ws'

/** A hand-written server on a free loopback port, as the articles start one: its URL, once it listens. */
export async function urlOf(wss: WebSocketServer): Promise<string> {
  onTestFinished(() => {
    for (const socket of wss.clients) socket.terminate()
    wss.close()
  })
  await once(wss, 'listening')
  return `ws://localhost:${(wss.address() as AddressInfo).port}/`
}
