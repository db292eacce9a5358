// R3: a session cookie, which the browser sends by itself. (With real browsers: ../browsers.test.ts.)

import { createServer } from 'node:http'
import { AuthClient, cookie } from '@wsauth/client'
import { AuthError, cookie as cookieMethod } from '@wsauth/server'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { listenTo, listenToClient } from '../../src/heard.ts'
import { listen, startStack, stop } from '../../src/stack.ts'

const sessions = new Map([['a1b2c3', { userId: 'ada' }]])
const origin = 'https://app.example'

/** A browser that is signed in: it adds its cookie and the page's Origin to whatever the page does. */
function browserWith(
  session: string,
  page: string = origin,
): new (
  url: string,
  protocols?: string[],
) => WebSocket {
  return class extends WebSocket {
    constructor(url: string, protocols?: string[]) {
      super(url, protocols, { headers: { Cookie: `theme=dark; session=${session}`, Origin: page } })
    }
  }
}

describe('R3, hand-written client, AuthWebSocketServer', () => {
  const connect = async (session: string, page?: string) => {
    const stack = await startStack({
      methods: [cookieMethod({ name: 'session' })],
      origins: [origin],
      verifier: (id) => {
        const session = sessions.get(id)
        if (!session) throw new AuthError('invalid_token')
        return session
      },
    })
    onTestFinished(() => stack.close())
    const BrowserWebSocket = browserWith(session, page)
    const ws = new BrowserWebSocket(stack.url)
    ws.on('error', () => {})
    return { ws, next: listenTo(ws as never) }
  }

  it('gets in', async () => {
    const { ws, next } = await connect('a1b2c3')
    expect(await next()).toEqual({ data: 'hello ada' })
    ws.send('one')
    expect(await next()).toEqual({ data: 'one' })
  })

  it('is refused with a session that is not known', async () => {
    const { next } = await connect('zzz')
    expect(await next()).toMatchObject({ code: 1006 })
  })

  it('is refused from another page, though the cookie is good', async () => {
    const { next } = await connect('a1b2c3', 'https://evil.example')
    expect(await next()).toMatchObject({ code: 1006 })
  })
})

describe('R3, wsauth client, hand-written server', () => {
  async function handWrittenServer(): Promise<string> {
    const server = createServer()
    const wss = new WebSocketServer({ noServer: true })

    server.on('upgrade', (request, socket, head) => {
      const cookies = Object.fromEntries(
        (request.headers.cookie ?? '').split('; ').map((pair) => pair.split('=')),
      )
      const session = sessions.get(cookies.session)
      if (!session) {
        socket.write('HTTP/1.1 401 Unauthorized\r\n\r\n')
        socket.destroy()
        return
      }
      wss.handleUpgrade(request, socket, head, (ws) => wss.emit('connection', ws, session))
    })
    wss.on('connection', (ws: WebSocket, session: { userId: string }) => ws.send(`hello ${session.userId}`))

    onTestFinished(() => stop(server, wss))
    return `ws://localhost:${await listen(server)}/`
  }

  it('AuthClient gets in, without any token', async () => {
    const url = await handWrittenServer()
    const client = new AuthClient(url, { method: cookie(), version: 0, WebSocket: browserWith('a1b2c3') })
    onTestFinished(() => client.close())
    expect(await listenToClient(client)()).toEqual({ data: 'hello ada' })
  })

  it('AuthClient stops when the session is refused', async () => {
    const url = await handWrittenServer()
    const client = new AuthClient(url, { method: cookie(), version: 0, WebSocket: browserWith('zzz') })
    onTestFinished(() => client.close())
    await expect(client.ready()).rejects.toThrow()
  })
})
