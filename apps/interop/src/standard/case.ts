/** A WebSocket class, as those who make sockets see it. */
export type SocketClass = new (url: string | URL, protocols?: string | string[], more?: unknown) => WebSocket

/** Where a case runs: the class that is tried, and the far end of `far-end.ts`, up to its last slash. */
export interface Place {
  readonly Class: SocketClass
  readonly url: string
}

/** Something that a WebSocket of the standard does, and what there is to see of it. */
export interface StandardCase {
  readonly name: string
  run(place: Place): unknown
  readonly expected: unknown
  /** Where a page is needed: it has a location, and reports what a listener throws. */
  readonly inPages?: true
  /** Why the class does otherwise, everywhere. */
  readonly oursDiffers?: string
  /** Why Firefox does otherwise, with its own class and with ours. */
  readonly firefoxDiffers?: string
  /** Why the class does otherwise in Node. */
  readonly nodeDiffers?: string
}

/** What goes as it is wherever a test and a page talk to each other: JSON, and `undefined` as a word. */
export async function outcomeOf({ run }: StandardCase, place: Place): Promise<unknown> {
  try {
    return JSON.parse(
      JSON.stringify(await run(place), (_key, value) => (value === undefined ? 'undefined' : value)),
    )
  } catch (error) {
    return `threw ${error}`
  }
}

/** The name of what is thrown, or what comes back. */
export function attempt(act: () => unknown): unknown {
  try {
    return act()
  } catch (error) {
    return Object(error).name
  }
}

/** The next event of that type. */
export function next<Type extends keyof WebSocketEventMap>(
  socket: WebSocket,
  type: Type,
): Promise<WebSocketEventMap[Type]> {
  return new Promise((resolve) => socket.addEventListener(type, resolve, { once: true }))
}

/** That many messages, text as it is, bytes as a list. Listens at once: `ws` may bring several in one turn. */
export function messagesOf(socket: WebSocket, count: number): Promise<(string | number[])[]> {
  const heard: (string | number[])[] = []
  return new Promise((resolve) => {
    socket.addEventListener('message', ({ data }) => {
      heard.push(typeof data === 'string' ? data : [...new Uint8Array(data)])
      if (heard.length === count) resolve(heard)
    })
  })
}

/** Everything that is fired until the end, with the state it is fired in. */
export function lifeOf(socket: WebSocket): Promise<unknown[]> {
  const seen: unknown[] = []
  for (const type of ['open', 'error', 'message', 'close'] as const) {
    socket.addEventListener(type, (event) => {
      const { data, code, reason, wasClean } = event as MessageEvent & CloseEvent
      seen.push([type, socket.readyState, ...(type === 'message' ? [data] : [])])
      if (type === 'close') seen.push([code, reason, wasClean])
    })
  }
  // What were to follow the close would be seen, too.
  return next(socket, 'close').then(() => new Promise((resolve) => setTimeout(() => resolve(seen), 20)))
}

/** An open socket to the echo, or to another part of the far end. */
export async function open({ Class, url }: Place, path = 'echo', protocols?: string[]): Promise<WebSocket> {
  const socket = new Class(url + path, protocols)
  await next(socket, 'open')
  return socket
}

/** Runs with a socket that never gets further than connecting, and puts it away. */
export function whileConnecting({ Class, url }: Place, look: (socket: WebSocket) => unknown): unknown {
  const socket = new Class(`${url}silent`)
  const found = look(socket)
  // What the close brings is no longer looked at.
  const before = Array.isArray(found) ? [...found] : found
  socket.close()
  return before
}
