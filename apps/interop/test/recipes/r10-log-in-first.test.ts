// R10: log in over HTTP with name and password, keep the JWT, then connect with it.

import { createServer, type IncomingMessage } from 'node:http'
import { AuthClient } from '@wsauth/client'
import { AuthWebSocketServer, jwtVerifier, tokenIssuer } from '@wsauth/server'
import jwt from 'jsonwebtoken'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocketServer } from 'ws'
import { listenTo, listenToClient } from '../../src/heard.ts'
import { echo, key, listen, stop } from '../../src/stack.ts'

// As the articles keep them. In earnest: hashed, and compared in constant time.
const passwords = new Map([['ada', 'correct horse battery staple']])

async function readJson(request: IncomingMessage): Promise<{ username?: string; password?: string }> {
  let text = ''
  for await (const chunk of request) text += chunk
  return JSON.parse(text)
}

async function login(port: number, username: string, password: string): Promise<string> {
  const response = await fetch(`http://localhost:${port}/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ username, password }),
  })
  if (!response.ok) throw new Error('Invalid credentials')
  const { token } = await response.json()
  return token
}

describe('R10, hand-written client, AuthWebSocketServer', () => {
  async function start(): Promise<number> {
    const [issuer, audience] = ['https://id.example', 'chat']
    const issue = tokenIssuer({
      key: new TextEncoder().encode(key),
      algorithm: 'HS256',
      issuer,
      audience,
      ttlMs: 60_000,
    })
    const verifier = jwtVerifier({
      key: new TextEncoder().encode(key),
      algorithms: ['HS256'],
      issuer,
      audience,
    })
    const server = createServer(async (request, response) => {
      const { username = '', password } = await readJson(request)
      if (password === undefined || passwords.get(username) !== password) {
        response.writeHead(401).end()
        return
      }
      response.setHeader('Content-Type', 'application/json')
      response.end(JSON.stringify({ token: await issue.issue({ userId: username }) }))
    })
    const wss = new AuthWebSocketServer({ server, auth: { verifier } })
    wss.on('connection', echo)
    onTestFinished(() => stop(server, wss))
    return listen(server)
  }

  it('logs in, then authenticates with its first message', async () => {
    const port = await start()
    const token = await login(port, 'ada', 'correct horse battery staple')
    const ws = new WebSocket(`ws://localhost:${port}/`)
    ws.onopen = () => ws.send(JSON.stringify({ type: 'auth', token }))
    const next = listenTo(ws)
    expect(await next()).toEqual({ data: '{"type":"auth_ok","userId":"ada"}' })
    expect(await next()).toEqual({ data: 'hello ada' })
  })

  it('does not get in with a wrong password', async () => {
    await expect(login(await start(), 'ada', 'wrong')).rejects.toThrow('Invalid credentials')
  })
})

describe('R10, wsauth client, hand-written server', () => {
  it('AuthClient logs in for its token, and again when it comes back', async () => {
    let logins = 0
    const server = createServer(async (request, response) => {
      const { username = '', password } = await readJson(request)
      if (passwords.get(username) !== password) {
        response.writeHead(401).end()
        return
      }
      logins++
      const token = jwt.sign({ sub: username, role: 'admin' }, key, { expiresIn: '1h' })
      response.setHeader('Content-Type', 'application/json')
      response.end(JSON.stringify({ token }))
    })
    const wss = new WebSocketServer({ server })
    wss.on('connection', (ws) => {
      ws.once('message', (data) => {
        const user = jwt.verify(JSON.parse(data.toString()).token, key) as jwt.JwtPayload
        ws.send(JSON.stringify({ type: 'auth_ok', userId: user.sub }))
        ws.send(`${user.sub} is ${user.role}`)
      })
    })
    onTestFinished(() => stop(server, wss))
    const port = await listen(server)

    const client = new AuthClient(`ws://localhost:${port}/`, {
      token: () => login(port, 'ada', 'correct horse battery staple'),
      reconnect: { minDelayMs: 100, maxDelayMs: 100 },
    })
    onTestFinished(() => client.close())
    const next = listenToClient(client)
    expect(await next()).toEqual({ data: 'ada is admin' })
    for (const ws of wss.clients) ws.terminate()
    expect(await next()).toMatchObject({ action: 'retry' })
    expect(await next()).toEqual({ data: 'ada is admin' })
    expect(logins).toBe(2)
  })
})
