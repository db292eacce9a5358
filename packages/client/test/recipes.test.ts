import { expect, it } from 'vitest'
import type { WebSocket } from 'ws'
import { AuthClient, createWebSocketClass, firstMessage, header } from '../src/index.ts'
import { serve } from './support/servers.ts'

/** Recipe R2, server side, as the article has it. */
function firstMessageServer(ws: WebSocket): void {
  let authenticated = false
  const timer = setTimeout(() => ws.close(4001, 'Authentication timeout'), 5_000)
  ws.on('close', () => clearTimeout(timer))
  ws.on('message', (data) => {
    if (!authenticated) {
      const message = JSON.parse(data.toString())
      if (message.type !== 'auth') return
      clearTimeout(timer)
      if (message.token === 'good-token') {
        authenticated = true
        ws.send(JSON.stringify({ type: 'auth_ok', userId: 'alice' }))
      } else {
        ws.send(JSON.stringify({ type: 'auth_fail' }))
        ws.close(4001, 'Authentication failed')
      }
      return
    }
    ws.send(`echo: ${data}`)
  })
}

it('R2: AuthClient is open after auth_ok, and what was sent before that is sent then', async () => {
  const { url } = await serve(firstMessageServer)
  const client = new AuthClient(url, { token: 'good-token' })
  const states: string[] = []
  client.on('state', (state) => states.push(state))
  client.send('hello')
  const message = new Promise((resolve) => client.on('message', resolve))
  const opened = new Promise((resolve) => client.on('open', resolve))
  expect(await opened).toEqual({ userId: 'alice' })
  expect(await message).toBe('echo: hello')
  await client.ready()
  const closed = new Promise((resolve) => client.on('close', resolve))
  client.close(1000, 'bye')
  expect(await closed).toEqual({ code: 1000, reason: 'bye', action: 'stop', retryInMs: undefined })
  expect(states).toEqual(['connecting', 'authenticating', 'open', 'closed'])
})

it('R2: AuthClient asks once more after a refusal, and stops', async () => {
  let connections = 0
  const { url } = await serve((ws) => {
    connections++
    firstMessageServer(ws)
  })
  const asked: unknown[] = []
  const client = new AuthClient(url, {
    token: ({ reason, refused }) => {
      asked.push([reason, refused])
      return asked.length === 1 ? 'bad-token-one' : 'bad-token-two'
    },
    reconnect: { minDelayMs: 10 },
  })
  const refusals: unknown[] = []
  client.on('auth_fail', (event) => refusals.push(event))
  await expect(client.ready()).rejects.toThrow('4001')
  expect(asked).toEqual([
    ['connect', undefined],
    ['refused', 'bad-token-one'],
  ])
  expect(connections).toBe(2)
  expect(refusals).toHaveLength(2)
  expect(client.state).toBe('closed')
})

it('R2: the class', async () => {
  const { url } = await serve(firstMessageServer)
  const Socket = createWebSocketClass({ token: 'good-token' })
  const socket = new Socket(url)
  expect(socket.readyState).toBe(Socket.CONNECTING)
  const received: unknown[] = []
  await new Promise<void>((resolve) => {
    socket.onopen = () => {
      expect(socket.readyState).toBe(1)
      socket.send('hello')
    }
    socket.onmessage = ({ data }) => {
      received.push(data)
      socket.close(4321, 'done')
    }
    socket.onclose = ({ code, reason, wasClean }) => {
      received.push([code, reason, wasClean])
      resolve()
    }
  })
  expect(received).toEqual(['echo: hello', [4321, 'done', true]])
})

it('R2: the class tells a refusal as error and close', async () => {
  const { url } = await serve(firstMessageServer)
  const socket = new (createWebSocketClass({ token: 'bad' }))(url)
  const events: string[] = []
  const close = await new Promise<Event>((resolve) => {
    socket.addEventListener('open', () => events.push('open'))
    socket.addEventListener('message', () => events.push('message'))
    socket.addEventListener('error', () => events.push('error'))
    socket.addEventListener('close', resolve)
  })
  expect(events).toEqual(['error'])
  expect(close).toMatchObject({
    code: 4001,
    reason: 'Authentication failed',
    wasClean: true,
    action: 'refresh',
  })
})

it('R4: header', async () => {
  const { url } = await serve((ws, request) => {
    ws.send(`${request.headers.authorization}`)
  })
  const client = new AuthClient(url, { token: 'good-token', method: header(), version: 0 })
  expect(await new Promise((resolve) => client.on('message', resolve))).toBe('Bearer good-token')
  client.close()
})

it('R6: bearer text, answered or not', async () => {
  for (const answer of [undefined, '{"type":"auth_ok","userId":"alice"}']) {
    const { url } = await serve((ws) => {
      ws.on('message', (data) => {
        if (!data.toString().startsWith('Authorization: Bearer good-token')) return ws.close(4001)
        if (answer) ws.send(answer)
        ws.send('welcome')
        return
      })
    })
    const client = new AuthClient(url, { token: 'good-token', method: firstMessage({ bearerText: true }) })
    expect(await new Promise((resolve) => client.on('message', resolve))).toBe('welcome')
    client.close()
  }
})
