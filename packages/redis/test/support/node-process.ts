// One server of a fleet as a process of its own, so that it can be killed: answers each message with the same text.
//
// node --conditions=wsauth:source node-process.ts <url of Redis>; tells its port on standard output.

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { AuthWebSocketServer } from '@wsauth/server'
import { createClient } from 'redis'
import { RedisLimiter } from '../../src/limiter.ts'
import { RedisRevocations } from '../../src/revocations.ts'

const client = createClient({ url: process.argv[2] ?? '' })
client.on('error', () => {})
await client.connect()
const revocations = new RedisRevocations({ client, warn: () => {} })
const limiter = new RedisLimiter({ client })
const wss = new AuthWebSocketServer({
  port: 0,
  host: '127.0.0.1',
  auth: {
    verifier: (token) => ({ userId: token, issuedAt: Date.now() - 60_000 }),
    revocations,
    limiter,
    heartbeatMs: 5_000,
  },
})
wss.on('connection', (socket) => {
  socket.on('message', (data) => socket.send(data.toString()))
})
if (wss.address() === null) await once(wss, 'listening')
console.log((wss.address() as AddressInfo).port)
