// One server of the fleet, a process of its own. Tells each client which node it is at, and answers with what it is sent.

import { RedisFleet, RedisLimiter, RedisRevocations } from '@wsauth/redis'
import { AuthWebSocketServer, jwtVerifier } from '@wsauth/server'
import { createClient } from 'redis'
import { audience, issuer } from './tokens.ts'

const { NODE_NAME: nodeId = '', NODE_PORT, REDIS_URL: url = '', TOKEN_KEY: key = '' } = process.env

const client = createClient({ url, pingInterval: 2_000 })
client.on('error', () => {})
await client.connect()
const connections = new RedisFleet({ client, nodeId, reportEveryMs: 500 })

const wss = new AuthWebSocketServer({
  port: Number(NODE_PORT),
  host: '127.0.0.1',
  auth: {
    verifier: jwtVerifier({ key, algorithms: ['HS256'], issuer, audience }),
    trustProxy: ['127.0.0.1'],
    revocations: new RedisRevocations({ client, warn: () => {} }),
    limiter: new RedisLimiter({ client }),
    connections,
    limits: { connectionsPerUser: 10 },
    heartbeatMs: 2_000,
  },
})
connections.report(() => wss.stats())
wss.on('connection', (socket) => {
  socket.send(JSON.stringify({ node: nodeId }))
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
})
