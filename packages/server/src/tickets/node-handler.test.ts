import { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { describe, expect, it, vi } from 'vitest'
import type { TicketEndpoint } from './endpoint.ts'
import { toNodeHandler } from './node-handler.ts'

interface Incoming {
  readonly method?: string | undefined
  readonly fields?: readonly (readonly [name: string, value: string])[]
  readonly body?: string
  readonly socket?: object | undefined
}

/** A request as Node would have read it; only the first of several fields is in `headers`, which nobody here minds. */
function incoming(of: Incoming = {}): IncomingMessage {
  const { method = 'POST', fields = [], body = '' } = of
  return Object.assign(Readable.from(body === '' ? [] : [Buffer.from(body)]), {
    method: 'method' in of ? of.method : method,
    rawHeaders: fields.flat(),
    headers: Object.fromEntries(fields.map(([name, value]) => [name.toLowerCase(), value])),
    socket: 'socket' in of ? of.socket : { remoteAddress: '192.0.2.1' },
  }) as unknown as IncomingMessage
}

function outgoing(state: object = {}) {
  const end = vi.fn()
  const writeHead = vi.fn(() => ({ end }))
  const response = Object.assign(new EventEmitter(), {
    destroyed: false,
    headersSent: false,
    writeHead,
    ...state,
  })
  return { response: response as unknown as ServerResponse, writeHead, end }
}

/** What the endpoint was asked. */
async function asked(request: IncomingMessage) {
  const endpoint = vi.fn<TicketEndpoint>(async (of) => {
    text = of.body ? await of.text() : undefined
    return new Response('answer', { status: 201, headers: { 'x-a': 'b' } })
  })
  let text: string | undefined
  const { response, writeHead, end } = outgoing()
  await toNodeHandler(endpoint)(request, response)
  expect(writeHead).toHaveBeenCalledWith(201, expect.objectContaining({ 'x-a': 'b' }))
  expect(end).toHaveBeenCalledWith('answer')
  const [{ method, headers }, info] = endpoint.mock.calls[0] ?? expect.unreachable()
  return { method, headers, info, text }
}

describe('toNodeHandler hands the endpoint', () => {
  it('cookies of several fields as one list, any other field that came twice with a comma', async () => {
    const fields = [
      ['Cookie', 'a=1'],
      ['X-Cookie', 'c'],
      ['cookie', 'b=2'],
      ['x-cookie', 'd'],
      ['Cookie-X', 'e'],
      ['Cookie-X', 'f'],
    ] as const
    const { headers } = await asked(incoming({ fields }))
    expect(Object.fromEntries(headers)).toEqual({
      cookie: 'a=1; b=2',
      'x-cookie': 'c, d',
      'cookie-x': 'e, f',
    })
  })

  it.each<[string | undefined, readonly (readonly [string, string])[], string | undefined]>([
    ['POST', [['Content-Length', '4']], 'body'],
    ['POST', [['Transfer-Encoding', 'chunked']], 'body'],
    ['POST', [['Content-Length', '0']], undefined],
    ['POST', [], undefined],
    ['PUT', [['Content-Length', '4']], 'body'],
    ['GET', [['Content-Length', '4']], undefined],
    ['HEAD', [['Transfer-Encoding', 'chunked']], undefined],
    [undefined, [['Content-Length', '4']], undefined],
  ])('the body of %s with %j: %s', async (method, fields, expected) => {
    expect((await asked(incoming({ method, fields, body: 'body' }))).text).toBe(expected)
  })

  it.each<[string, unknown, string]>([
    ['an object', { path: '/ws' }, '{"path":"/ws"}'],
    ['text', '{"path":"/ws"}', '{"path":"/ws"}'],
    ['bytes', Buffer.from('{"path":"/ws"}'), '{"path":"/ws"}'],
  ])('what a framework has made of the body: %s', async (_, body, expected) => {
    const request = incoming({ fields: [['Content-Length', '14']] })
    await request.toArray()
    expect((await asked(Object.assign(request, { body }))).text).toBe(expected)
  })

  it.each([
    ['DELETE', 'DELETE'],
    ['PROPFIND', 'PATCH'],
    ['POSTER', 'PATCH'],
    ['XPOST', 'PATCH'],
    [undefined, 'GET'],
  ])('%s as %s, which it does as little', async (method, expected) => {
    expect((await asked(incoming({ method }))).method).toBe(expected)
  })

  it('the address of the socket, if it has one', async () => {
    expect((await asked(incoming())).info).toEqual({ address: '192.0.2.1' })
    expect((await asked(incoming({ socket: {} }))).info).toEqual({})
    expect((await asked(incoming({ socket: undefined }))).info).toEqual({})
  })
})

describe('toNodeHandler', () => {
  it.each<[string, readonly [string, string]]>([
    ['a length', ['Content-Length', '14']],
    ['chunks', ['Transfer-Encoding', 'chunked']],
  ])(
    'SECURITY 9: asks for no ticket with a path that somebody read before and kept elsewhere: %s',
    async (_, field) => {
      const request = incoming({ fields: [field], body: '{"path":"/ws"}' })
      await request.toArray()
      const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
      const endpoint = vi.fn<TicketEndpoint>()
      const { response, writeHead, end } = outgoing()
      const handler = toNodeHandler(endpoint)
      await handler(request, response)
      expect(endpoint).not.toHaveBeenCalled()
      expect(writeHead).toHaveBeenCalledExactlyOnceWith(500, { 'cache-control': 'no-store' })
      expect(end).toHaveBeenCalledExactlyOnceWith()
      expect(warn).toHaveBeenCalledExactlyOnceWith(
        expect.stringContaining('Object.assign(request.raw, { body: request.body })'),
        'WsauthWarning',
      )
      await handler(request, response)
      expect(writeHead).toHaveBeenCalledTimes(2)
      expect(warn).toHaveBeenCalledTimes(1)
      warn.mockRestore()
    },
  )

  it('needs no body where none was sent, whoever looked for one', async () => {
    const request = incoming()
    await request.toArray()
    expect((await asked(request)).text).toBe(undefined)
  })

  it('tells the endpoint when the client has left', async () => {
    const { response, writeHead } = outgoing({ destroyed: true })
    const aborted = vi.fn()
    await toNodeHandler(async ({ signal }) => {
      signal.addEventListener('abort', aborted)
      response.emit('close')
      return new Response('')
    })(incoming(), response)
    expect(aborted).toHaveBeenCalledOnce()
    expect(writeHead).not.toHaveBeenCalled()
  })

  it('answers nothing where somebody else did', async () => {
    const { response, writeHead } = outgoing({ headersSent: true })
    await toNodeHandler(async () => new Response(''))(incoming(), response)
    expect(writeHead).not.toHaveBeenCalled()
  })

  it('lets the rest of a body run out that the endpoint does not want', async () => {
    const request = incoming({ fields: [['Content-Length', '4']], body: 'body' })
    const resume = vi.spyOn(request, 'resume')
    await toNodeHandler(async ({ body }) => {
      await body?.cancel()
      return new Response('')
    })(request, outgoing().response)
    expect(resume).toHaveBeenCalled()
  })
})
