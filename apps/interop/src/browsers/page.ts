// What runs in the browser: wsauth's client, tried the way that the test asks for.
import {
  AuthClient,
  cookie,
  createWebSocketClass,
  firstMessage,
  header,
  query,
  subprotocol,
  ticket,
} from '@wsauth/client'
import { outcomeOf, type SocketClass } from '../standard/case.ts'
import { standardCases } from '../standard/cases.ts'

export interface Visit {
  readonly way: keyof typeof methods
  readonly url: string
  readonly token: string
  readonly ticketUrl: string
}

export interface Outcome {
  /** Where it ended: `open`, or `closed` for good; `throws` where the client could not be made. */
  readonly state: string
  readonly message?: string
  readonly closes: { code: number; reason: string; action: string }[]
  /** How often the token provider was asked. */
  readonly asked: number
}

const methods = {
  firstMessage: () => firstMessage(),
  header: () => header(),
  cookie: () => cookie(),
  query: () => query({ param: 'token' }),
  subprotocol: () => subprotocol(),
  bare: () => subprotocol({ bare: true }),
  ticket: ({ ticketUrl }: Visit) => ticket({ endpoint: ticketUrl }),
}

/** Connects, and comes back once the client is open or has given up. */
export function visit(given: Visit): Promise<Outcome> {
  const closes: { code: number; reason: string; action: string }[] = []
  let asked = 0
  const token = (): string => {
    asked++
    return given.token
  }
  return new Promise((resolve) => {
    try {
      const client = new AuthClient(given.url, {
        method: methods[given.way](given),
        ...(given.way === 'cookie' ? {} : { token }),
        reconnect: { minDelayMs: 100, maxDelayMs: 100 },
      })
      client.on('close', ({ code, reason, action }) => closes.push({ code, reason, action }))
      client.on('message', (data) => {
        resolve({ state: 'open', message: String(data), closes, asked })
        client.close()
      })
      client.on('state', (state) => {
        // What follows `closed` in the same turn, a `close` event say, belongs to it.
        if (state === 'closed') setTimeout(() => resolve({ state, closes, asked }), 0)
      })
    } catch (error) {
      resolve({ state: 'throws', message: String(error), closes, asked })
    }
  })
}

/** The same for the class, which makes one connection: what it fires. */
export function visitWithClass(given: Visit): Promise<string[]> {
  const AuthWebSocket = createWebSocketClass({
    method: methods[given.way](given),
    ...(given.way === 'cookie' ? {} : { token: given.token }),
  })
  const events: string[] = []
  return new Promise((resolve) => {
    const socket = new AuthWebSocket(given.url)
    socket.onopen = () => events.push('open')
    socket.onerror = () => events.push('error')
    socket.onclose = ({ code }) => {
      events.push(`close ${code}`)
      setTimeout(() => resolve(events), 100)
    }
  })
}

/** What a page without wsauth can try: a plain WebSocket, and how it ends. */
export function knock(url: string, protocols: string[]): Promise<string[]> {
  const seen: string[] = []
  return new Promise((resolve) => {
    const socket = new WebSocket(url, protocols)
    socket.onopen = () => seen.push('open')
    socket.onmessage = ({ data }) => seen.push(`message ${data}`)
    socket.onclose = ({ code }) => resolve([...seen, `close ${code}`])
  })
}

/** The ticket that a page can have with the cookies of another. */
export async function fetchTicket(url: string): Promise<string> {
  try {
    const headers = { 'X-Requested-With': 'fetch' }
    const response = await fetch(url, { method: 'POST', credentials: 'include', headers })
    return `${response.status} ${await response.text()}`
  } catch {
    return 'not readable'
  }
}

export interface Stay {
  readonly url: string
  readonly tokenUrl: string
  /** How much faster than the world's this page's clock runs. */
  readonly timesFaster?: number
}

/** What a tab that stays connected shows to the test. */
export interface Stayed {
  readonly state: string
  readonly refreshes: number
  readonly dials: number
}

let client: AuthClient | undefined
let refreshes = 0
let dials = 0

/** Makes the page's time run faster than the world's. */
function hasten(times: number): void {
  const { setTimeout } = globalThis
  const startMs = Date.now()
  Date.now = () => startMs + performance.now() * times
  globalThis.setTimeout = ((callback: () => void, delayMs: number, ...args: []) =>
    setTimeout(callback, delayMs / times, ...args)) as typeof setTimeout
}

/** Connects and stays, with tokens of the server; resolves when open. */
export async function stay({ url, tokenUrl, timesFaster = 1 }: Stay): Promise<void> {
  hasten(timesFaster)
  client = new AuthClient(url, {
    token: async () => (await fetch(tokenUrl)).text(),
  })
  client.on('refresh', () => refreshes++)
  client.on('state', (state) => {
    if (state === 'connecting') dials++
  })
  await client.ready()
}

export function stayed(): Stayed {
  return { state: client?.state ?? 'none', refreshes, dials }
}

/** A case of the standard, with the browser's own class or with ours: what is to be seen of it. */
export function tryStandard(
  whose: 'its own' | 'ours',
  name: string,
  url: string,
  token: string,
): Promise<unknown> {
  const given = standardCases.find((each) => each.name === name)
  if (!given) throw new Error(`No case ${name}`)
  const Class = (whose === 'ours' ? createWebSocketClass({ token }) : WebSocket) as SocketClass
  return outcomeOf(given, { Class, url })
}
