// What one node pays for a connection, with everything that it shares in Redis: its own CPU time and memory.

import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../../../packages/config/src/free-port.ts'
import { ManagedProcess } from '../managed-process.ts'
import { issuerWith } from '../tokens.ts'

export interface NodeCosts {
  readonly connections: number
  /** From the upgrade request to `auth_ok`, all of it, in microseconds of the node's CPU. */
  readonly handshakeUs: number
  /** What the process grew by, in bytes of resident memory, garbage included. */
  readonly bytes: number
}

const nodeFile = fileURLToPath(new URL('../node.ts', import.meta.url))
/** Linux counts CPU time in hundredths of a second. */
const tickUs = 10_000

export async function nodeCosts(redisProgram: string, connections: number): Promise<NodeCosts> {
  const redisPort = await freePort()
  const at = ['--port', `${redisPort}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const redis = new ManagedProcess('redis', redisPort, [redisProgram, ...at])
  await redis.start()
  const key = randomBytes(32).toString('base64url')
  const port = await freePort()
  const node = new ManagedProcess('node', port, [process.execPath, '--conditions=wsauth:source', nodeFile], {
    NODE_NAME: 'measured',
    NODE_PORT: `${port}`,
    REDIS_URL: `redis://127.0.0.1:${redisPort}`,
    TOKEN_KEY: key,
  })
  await node.start()
  const tokens = issuerWith(key)
  const sockets: WebSocket[] = []
  const enter = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n += 50) {
      const some = Array.from({ length: Math.min(50, count - n) }, async (_, m) => {
        const token = await tokens.issue({ userId: `user-${sockets.length + m}-${n}` })
        sockets.push(await signedIn(`ws://127.0.0.1:${port}`, token))
      })
      await Promise.all(some)
    }
  }
  try {
    // Code gets warm first.
    await enter(500)
    const before = usage(node.pid ?? 0)
    await enter(connections)
    const after = usage(node.pid ?? 0)
    return {
      connections,
      handshakeUs: (after.cpuUs - before.cpuUs) / connections,
      bytes: (after.bytes - before.bytes) / connections,
    }
  } finally {
    for (const socket of sockets) socket.close()
    await node.kill()
    await redis.kill()
  }
}

function signedIn(url: string, token: string): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url)
    socket.onopen = () => socket.send(JSON.stringify({ type: 'auth', token }))
    socket.onmessage = ({ data }) => {
      if (JSON.parse(String(data)).type === 'auth_ok') resolve(socket)
      else reject(new Error('refused'))
      socket.onmessage = null
    }
    socket.onerror = () => reject(new Error('no connection'))
  })
}

function usage(pid: number): { cpuUs: number; bytes: number } {
  // Fields 14 and 15 of proc(5); the second may hold spaces, so they are counted from its end.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return { cpuUs: (Number(fields[11]) + Number(fields[12])) * tickUs, bytes: Number(kilobytes) * 1_024 }
}
