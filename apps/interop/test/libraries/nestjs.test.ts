import 'reflect-metadata'
import { Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { WsAdapter } from '@nestjs/platform-ws'
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets'
import { AuthClient } from '@wsauth/client'
import { type AuthWebSocket, AuthWebSocketServer } from '@wsauth/server'
import { expect, it, onTestFinished } from 'vitest'
import { signToken, verifier } from '../../src/stack.ts'

class Chat {
  say(text: string, socket: AuthWebSocket) {
    return { event: 'said', data: `${socket.auth.userId}: ${text}` }
  }
}
// As decorators, which this repository's compiler settings have no place for.
WebSocketGateway({ path: '/ws' })(Chat)
const say = Object.getOwnPropertyDescriptor(Chat.prototype, 'say')
if (say) SubscribeMessage('say')(Chat.prototype, 'say', say)
MessageBody()(Chat.prototype, 'say', 0)
ConnectedSocket()(Chat.prototype, 'say', 1)

class App {}
Module({ providers: [Chat] })(App)

class Adapter extends WsAdapter {
  override create(_: number, { path }: { path: string }) {
    return new AuthWebSocketServer({ server: this.httpServer, path, auth: { verifier } })
  }
}

it('NestJS: a WsAdapter that makes an AuthWebSocketServer', async () => {
  const app = await NestFactory.create(App, { logger: false })
  app.useWebSocketAdapter(new Adapter(app))
  await app.listen(0, '127.0.0.1')
  onTestFinished(() => app.close())
  const { port } = app.getHttpServer().address()

  const client = new AuthClient(`ws://127.0.0.1:${port}/ws`, { token: () => signToken('ada') })
  onTestFinished(() => client.close())
  const answer = new Promise((resolve) => client.on('message', (data) => resolve(JSON.parse(String(data)))))
  client.send(JSON.stringify({ event: 'say', data: 'hi' }))
  expect(await answer).toEqual({ event: 'said', data: 'ada: hi' })

  const stranger = new AuthClient(`ws://127.0.0.1:${port}/ws`, { token: 'no token of ours' })
  await expect(stranger.ready()).rejects.toThrow()
})
