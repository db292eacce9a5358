import { type ChildProcess, spawn } from 'node:child_process'
import { connect } from 'node:net'
import { freePort } from '../../../packages/config/src/free-port.ts'

const startTimeoutMs = 5_000

/** A Redis of our own on loopback, nothing kept; `undefined` where there is none to start. */
export async function startRedis(): Promise<{ readonly port: number; stop(): Promise<void> } | undefined> {
  const port = await freePort()
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const child = spawn('redis-server', options, { stdio: 'ignore' })
  if (!(await isUp(child, port))) return undefined
  return {
    port,
    async stop() {
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill()
      await gone
    },
  }
}

async function isUp(child: ChildProcess, port: number): Promise<boolean> {
  let failed = false
  child.once('error', () => {
    failed = true
  })
  const endsAtMs = performance.now() + startTimeoutMs
  while (!failed && performance.now() < endsAtMs) {
    if (await answers(port)) return true
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  child.kill()
  return false
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
