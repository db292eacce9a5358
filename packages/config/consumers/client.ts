// What a user of the client writes, strictly typed: in browsers, in Node without their types, with the oldest compiler.

import {
  type Action,
  AuthClient,
  type AuthCloseEvent,
  type AuthWebSocketClass,
  type CloseEvent,
  cookie,
  createWebSocketClass,
  firstMessage,
  header,
  SignInRequired,
  subprotocol,
  ticket,
} from '@wsauth/client'

export const client: AuthClient = new AuthClient('wss://api.example.com/ws', {
  token: async ({ reason, refused, signal }) => {
    if (signal.aborted) throw new SignInRequired()
    return reason === 'refused' ? `not ${refused}` : 'token'
  },
  method: firstMessage(),
  reconnect: { maxDelayMs: 1_000 },
  classify: ({ code }) => (code === 4100 ? 'retry' : undefined),
})

client.on('close', ({ code, reason, action, retryInMs }) => {
  const told: [number, string, 'stop' | 'refresh' | 'retry', number | undefined] = [
    code,
    reason,
    action,
    retryInMs,
  ]
  return told
})
client.once('message', (data) => (typeof data === 'string' ? data.length : data.byteLength))
// @ts-expect-error There is no such event.
client.on('nope', () => {})

new AuthClient(new URL('wss://api.example.com/ws'), { method: cookie() })
new AuthClient('wss://api.example.com/ws', { token: 'token', method: subprotocol(), reconnect: false })
new AuthClient('wss://api.example.com/ws', {
  token: 'token',
  method: ticket({ endpoint: '/ticket', credentials: 'include', headers: { 'x-app': 'a' } }),
})
// @ts-expect-error The options are required.
new AuthClient('wss://api.example.com/ws')
// @ts-expect-error A method is made by calling it.
new AuthClient('wss://api.example.com/ws', { token: 'token', method: header })
// @ts-expect-error A token is a string, or a function that gives one.
new AuthClient('wss://api.example.com/ws', { token: {} })
// @ts-expect-error A word that is misspelt.
new AuthClient('wss://api.example.com/ws', { tokens: 'token' })
// @ts-expect-error The class makes one connection, so it has no tabs.
createWebSocketClass({ token: 'token', tabs: true })

export const AuthWebSocket: AuthWebSocketClass = createWebSocketClass({ token: () => 'token' })
const socket = new AuthWebSocket('wss://api.example.com/ws', ['chat'], { headers: {} })
socket.onmessage = ({ data }) => data
socket.addEventListener('close', ({ code, reason, wasClean }) => [code, reason, wasClean])
export const isOpen: boolean = socket.readyState === AuthWebSocket.OPEN

/** What a close event of the class has besides, whatever the platform's types know of close events. */
export function endOf({ type, code, reason, wasClean, action }: AuthCloseEvent): unknown[] {
  return [type, code > 1000, reason.length, wasClean ? 'clean' : 'lost', action === 'stop']
}

/** Named without @wsauth/protocol, which is a dependency of a dependency here. */
export const actionOf = (event: CloseEvent): Action => event.action
export const told = () => client.explain().map(({ what, remedy }) => remedy ?? what)
