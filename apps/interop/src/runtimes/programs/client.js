// What a client does, in any runtime, against server.js: every way in, a refresh in place, a server that goes and comes back,
// a refused token, the class. Gives what the application saw.

import {
  AuthClient,
  createWebSocketClass,
  firstMessage,
  header,
  query,
  subprotocol,
  ticket,
} from '@wsauth/client'

const quick = { minDelayMs: 100, maxDelayMs: 100 }

/** `ways`: names of methods. `WebSocket`: the socket underneath, where it is not the package's choice. */
export async function play({ port, ways, WebSocket }) {
  const url = `ws://127.0.0.1:${port}/ws`
  const home = `http://127.0.0.1:${port}`
  const methods = {
    firstMessage: firstMessage(),
    header: header(),
    query: query(),
    subprotocol: subprotocol(),
    ticket: ticket({ endpoint: `${home}/ticket` }),
  }
  const token = async () => (await fetch(`${home}/token`)).text()
  const seen = {}
  for (const way of ways) {
    const options = { method: methods[way], token, reconnect: quick, ...(WebSocket && { WebSocket }) }
    seen[way] = {
      talk: await talk(url, options),
      refused: await refused(url, options),
      class: await classOf(url, options),
    }
  }
  await leave(url, { token, reconnect: quick, ...(WebSocket && { WebSocket }) })
  return seen
}

async function talk(url, { token, ...options }) {
  const reasons = []
  const closes = []
  const client = new AuthClient(url, {
    ...options,
    token: (request) => {
      // While the server is away there may be any number of attempts.
      if (reasons.at(-1) !== request.reason) reasons.push(request.reason)
      return token()
    },
  })
  client.on('close', ({ code, action }) => closes.push(`${code} ${action}`))
  const answers = []
  const ask = (data) =>
    new Promise((resolve) => {
      client.on('message', function listener(answer) {
        client.off('message', listener)
        resolve(answer)
      })
      client.send(data)
    })
  answers.push(await ask('waits in the outbox'))
  const bytes = await ask(new Uint8Array([1, 2, 3]))
  answers.push(bytes instanceof ArrayBuffer ? [...new Uint8Array(bytes)].join() : `no ArrayBuffer: ${bytes}`)
  answers.push(await ask('renew'))
  const back = new Promise((resolve) => client.on('open', resolve))
  client.send('restart')
  await back
  answers.push(await ask('and again'))
  client.close(1000, 'bye')
  await new Promise((resolve) => client.on('close', resolve))
  return { answers, reasons, closes: [closes.at(0), closes.at(-1)] }
}

/** A token that is no good: another one is asked for once, and that is all. */
async function refused(url, options) {
  const told = []
  const client = new AuthClient(url, {
    ...options,
    token: ({ reason, refused = 'none' }) => {
      told.push(`${reason}, refused before: ${refused}`)
      return `bad-token-${told.length}`
    },
  })
  client.on('close', ({ action }) => told.push(action))
  await client.ready().catch(() => {})
  return [...told, client.state]
}

async function classOf(url, { reconnect, ...options }) {
  const AuthWebSocket = createWebSocketClass(options)
  const socket = new AuthWebSocket(url, ['chat'])
  socket.binaryType = 'arraybuffer'
  const heard = []
  socket.onopen = () => {
    heard.push(`open ${socket.protocol}`)
    socket.send('text')
    socket.send(new Uint8Array([4, 5]))
  }
  socket.onmessage = ({ data }) => {
    heard.push(typeof data === 'string' ? data : [...new Uint8Array(data)].join())
    if (typeof data !== 'string') socket.close(1000, 'bye')
  }
  await new Promise((resolve) => {
    socket.onclose = ({ code, reason, wasClean }) => {
      heard.push(`close ${code} ${reason} ${wasClean}`)
      setTimeout(resolve)
    }
  })
  return heard
}

/** Clients that are closed at awkward moments: the process is to end by itself afterwards. */
async function leave(url, options) {
  new AuthClient(url, options).close()
  // Nothing listens there.
  const client = new AuthClient('ws://127.0.0.1:1/', options)
  await new Promise((resolve) => client.on('close', resolve))
  client.close()
}
