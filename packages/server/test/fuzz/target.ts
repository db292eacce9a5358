// The process that is fuzzed: a server whose application writes down what it gets. Ends only when it is told to.

import type { AddressInfo } from 'node:net'
import { AuthError, AuthWebSocketServer, firstMessage, header, query, subprotocol } from '@wsauth/server'
import { closeTimeoutMs, deadlineMs, type Question, type Report } from './report.ts'

const prototypes: readonly object[] = [
  Object.prototype,
  Array.prototype,
  String.prototype,
  Number.prototype,
  Function.prototype,
  Map.prototype,
  Promise.prototype,
  Buffer.prototype,
  Error.prototype,
  globalThis,
]
const membersOf = (object: object): readonly string[] => Reflect.ownKeys(object).map(String)

const known = prototypes.map(membersOf)
let delivered: string[] = []
let admitted: string[] = []
const broken: string[] = []
process.on('unhandledRejection', (error) => broken.push(`unhandled rejection: ${error}`))
process.on('uncaughtExceptionMonitor', (error) => console.error('uncaught:', error))

const wss = new AuthWebSocketServer({
  port: 0,
  host: '127.0.0.1',
  auth: {
    deadlineMs,
    methods: [firstMessage(), header(), query(), subprotocol()],
    // Guesses are not slowed down, so that each of them gets as far as it can.
    limits: {
      closeTimeoutMs,
      pendingPerAddress: Number.POSITIVE_INFINITY,
      failuresPerAddress: Number.POSITIVE_INFINITY,
      failuresPerSubject: Number.POSITIVE_INFINITY,
    },
    verifier: async (token) => {
      const userId = /^good:(\d+)$/.exec(token)?.[1]
      // Some answers come at once, some after the frames that were sent with the credential.
      if (Number(userId ?? token.length) % 2) await new Promise((resolve) => setImmediate(resolve))
      if (userId === undefined) throw new AuthError('invalid_token')
      return { userId, expiresAt: Date.now() + 50_000 }
    },
  },
})
wss.on('hook_error', ({ hook, error }) => broken.push(`hook ${hook}: ${error}`))
wss.on('connection', (socket) => {
  const { userId } = socket.auth
  admitted.push(userId)
  socket.on('message', (data) => delivered.push(`${userId} ${String(data).slice(0, 40)}`))
})

const report = (): Report => {
  const { pending, live, verifying, refused } = wss.stats()
  const planted = prototypes.flatMap((object, index) =>
    membersOf(object).filter((name) => !known[index]?.includes(name)),
  )
  const left = pending + live + verifying + wss.clients.size
  const stats = JSON.stringify({ pending, live, verifying, clients: wss.clients.size })
  const { rss, heapUsed, external } = process.memoryUsage()
  const heap = heapUsed + external
  const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const result = {
    delivered,
    admitted,
    broken: [...broken],
    planted,
    left,
    stats,
    refused,
    rss,
    heap,
    timers,
  }
  delivered = []
  admitted = []
  return result
}

process.on('message', (question: Question) => {
  if (question === 'stop') process.exit(0)
  // Twice: what the first collection finalizes, the second frees.
  if (question === 'collect') for (let round = 0; round < 2; round++) globalThis.gc?.()
  process.send?.(report())
})
wss.on('listening', () => process.send?.((wss.address() as AddressInfo).port))
