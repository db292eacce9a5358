// The class and the client in the Hermes VM, over React Native's own WebSocket: no Event, EventTarget, DOMException,
// TextEncoder, btoa or crypto is there, and nobody misses them.

import { describe, expect, it } from 'vitest'
import { runInHermes } from '../src/hermes/hermes.ts'

const prelude = `
  var log = function () { print([].slice.call(arguments).join(' ')) }
  function watch(socket) {
    socket.onopen = function (event) { log(event.type, socket.readyState, JSON.stringify(socket.protocol)) }
    socket.addEventListener('message', function (event) { log(event.type, event.data) })
    socket.addEventListener('error', { handleEvent: function (event) { log(event.type) } })
    socket.onclose = function (event) { log(event.type, event.code, event.reason) }
    return socket
  }
`
const run = (script: string): Promise<string[]> => runInHermes(prelude + script)

it('has only what React Native has', async () => {
  const names =
    'Event EventTarget MessageEvent CloseEvent DOMException TextEncoder TextDecoder btoa atob crypto document location process Buffer structuredClone WeakRef fetch'
  expect(
    await run(
      `'${names}'.split(' ').forEach(function (name) { if (name in globalThis) log(name) }); log('end')`,
    ),
  ).toEqual(['end'])
})

describe('the class', () => {
  it('opens once authenticated, talks, and closes without a timer left behind', async () => {
    expect(
      await run(`
        var AuthWebSocket = app.createWebSocketClass({ token: function () { return 'good-ada' } })
        var socket = watch(new AuthWebSocket('wss://api.example.com/ws', ['chat']))
        log(socket.readyState, socket.url)
        socket.addEventListener('open', function () { socket.send('one') })
        socket.addEventListener('message', function () { socket.close(1000, 'bye') })
        socket.addEventListener('close', function () {
          log(socket.readyState, JSON.stringify(app.far.handshakes[0].protocols))
          setTimeout(function () { log('timers', pendingTimers()) }, 0)
        })
      `),
    ).toEqual([
      '0 wss://api.example.com/ws',
      'open 1 "chat"',
      'message echo one',
      'close 1000 bye',
      '3 ["chat"]',
      'timers 0',
    ])
  })

  it('tells a refused token by its close, and asks for no other', async () => {
    expect(
      await run(`
        var asked = 0
        var AuthWebSocket = app.createWebSocketClass({ token: function () { asked++; return 'bad-ada' } })
        watch(new AuthWebSocket('wss://api.example.com/ws'))
        setTimeout(function () { log('asked', asked, 'dialled', app.far.handshakes.length) }, 60000)
      `),
    ).toEqual(['error', 'close 4001 Authentication failed', 'asked 1 dialled 1'])
  })

  it('closes once, never at once, when closed while it connects', async () => {
    expect(
      await run(`
        var AuthWebSocket = app.createWebSocketClass({ token: function () { return 'good-ada' } })
        var socket = watch(new AuthWebSocket('wss://api.example.com/ws'))
        socket.close()
        log('after close()', socket.readyState)
        setTimeout(function () { log('later', socket.readyState) }, 60000)
      `),
    ).toEqual(['after close() 2', 'error', expect.stringMatching(/^close 1006/), 'later 3'])
  })

  it('throws the errors of the standard without a DOMException', async () => {
    expect(
      await run(`
        var AuthWebSocket = app.createWebSocketClass({ token: function () { return 'good-ada' } })
        var socket = new AuthWebSocket('wss://api.example.com/ws')
        try { socket.send('too early') } catch (error) { log(error.name, error instanceof Error) }
        try { socket.close(1001) } catch (error) { log(error.name) }
        try { socket.close(1000, new Array(43).join('€')) } catch (error) { log(error.name) }
        try { socket.close(1000, new Array(42).join('€')); log('41 × 3 bytes fit') } catch (error) { log(error.name) }
        try { new AuthWebSocket('wss://api.example.com/#x') } catch (error) { log(error.name) }
        try { new AuthWebSocket('ws://api.example.com/') } catch (error) { log(error.name) }
      `),
    ).toEqual([
      'InvalidStateError true',
      'InvalidAccessError',
      'SyntaxError',
      '41 × 3 bytes fit',
      'SyntaxError',
      'TypeError',
    ])
  })
})

describe('header()', () => {
  it('reaches the native module as React Native takes it', async () => {
    expect(
      await run(`
        var AuthWebSocket = app.createWebSocketClass({ token: function () { return 'good-ada' }, method: app.header() })
        var socket = watch(new AuthWebSocket('wss://api.example.com/ws'))
        socket.addEventListener('open', function () {
          log(JSON.stringify(app.far.handshakes[0].headers))
          socket.close()
        })
      `),
    ).toEqual([
      'open 1 ""',
      '{"Authorization":"Bearer good-ada"}',
      expect.stringMatching(/^close 1000|^close 1005/),
    ])
  })
})

describe('AuthClient', () => {
  it('comes back authenticated after a lost network, and stops when told to', async () => {
    expect(
      await run(`
        var client = new app.AuthClient('wss://api.example.com/ws', { token: function () { return 'good-ada' } })
        var opened = 0
        client.on('open', function (session) {
          log('open', session.userId)
          client.send('message ' + ++opened)
          setTimeout(function () { opened === 1 ? app.far.cut() : client.close() }, 6000)
        })
        client.on('message', function (data) { log(data) })
        client.on('close', function (close) {
          log('close', close.code, close.action)
          if (close.action === 'stop') setTimeout(function () { log('timers', pendingTimers()) }, 0)
        })
      `),
    ).toEqual([
      'open ada',
      'echo message 1',
      'close 1006 retry',
      'open ada',
      'echo message 2',
      'close 1000 stop',
      'timers 0',
    ])
  })

  it('asks once for another token after a refusal, then stops', async () => {
    expect(
      await run(`
        var client = new app.AuthClient('wss://api.example.com/ws', {
          token: function (request) { log('asked', request.reason, request.refused || ''); return 'bad-' + performance.now() }
        })
        client.on('close', function (close) { log('close', close.code, close.action) })
        client.on('state', function (state) { if (state === 'closed') log(state) })
        client.ready().catch(function (error) { log('never', error instanceof Error) })
      `),
    ).toEqual(
      expect.arrayContaining([
        'asked connect ',
        'close 4001 refresh',
        'asked refused bad-0',
        'close 4001 stop',
        'closed',
        'never true',
      ]),
    )
  })
})
