/** An argument list that any client takes. */
interface EvalOptions {
  keys: string[]
  arguments: string[]
}

/** Scripts as `redis` sends them: `createClient`, `createSentinel`, `createCluster` and `createClientPool`. */
interface OfficialCommands {
  eval(script: string, options: EvalOptions): Promise<unknown>
  evalSha(sha1: string, options: EvalOptions): Promise<unknown>
}

/** Scripts as `ioredis` sends them: `new Redis()` and `new Cluster()`. */
interface IoredisCommands {
  eval(script: string, keyCount: number, ...keysAndArguments: string[]): Promise<unknown>
  evalsha(sha1: string, keyCount: number, ...keysAndArguments: string[]): Promise<unknown>
}

/** What tickets and limits need of a connection: no more than to run a script. */
export type RedisCommands = OfficialCommands | IoredisCommands

/** What revocations need besides: a second connection that listens. */
export interface OfficialClient extends OfficialCommands {
  publish(channel: string, message: string): Promise<unknown>
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>
  duplicate(): OfficialClient
  connect(): Promise<unknown>
  destroy(): unknown
}

interface IoredisClient extends IoredisCommands {
  publish(channel: string, message: string): Promise<unknown>
  subscribe(channel: string): Promise<unknown>
  duplicate(): IoredisClient
  connect(): Promise<unknown>
  disconnect(): void
}

/** A connection of the official `redis` client, single, Sentinel or Cluster, or one of `ioredis`. */
export type RedisClient = OfficialClient | IoredisClient

/** Every client of both libraries is an emitter, but their listener types have nothing in common. */
interface Emitter {
  on(event: string, listener: (...values: unknown[]) => void): unknown
}

/** Both libraries take any command; a cluster has to be told the key that it is sent along with. */
interface AnyCommand {
  sendCommand?(...values: unknown[]): Promise<unknown>
  call?(command: string, ...values: string[]): Promise<unknown>
  getNodeClientForKey?(key: string): Promise<AnyCommand>
  nodes?(role: 'master'): AnyCommand[]
  use?(work: (lease: AnyCommand) => Promise<unknown>): Promise<unknown>
}

/** Throws a `TypeError` for what is no client of either library, so that a mistake shows when the server is made. */
export function assertCommands(client: unknown): void {
  if (client instanceof Promise) {
    throw new TypeError('@wsauth/redis: `client` is a promise: await it')
  }
  const example = 'await createClient({ url }).connect() of redis, or new Redis(url) of ioredis'
  if (typeof client !== 'object' || client === null) {
    const what = client === undefined || client === null ? String(client) : `a ${typeof client}`
    throw new TypeError(`@wsauth/redis: \`client\` is ${what}; give ${example}`)
  }
  assertMethods(client, 'evalsha' in client ? ['eval'] : ['eval', 'evalSha'], example)
}

/** The same for what revocations need besides. */
export function assertListens(client: object): void {
  assertMethods(client, ['publish', 'duplicate'], 'a single connection, a Sentinel or a cluster; no pool')
}

function assertMethods(client: object, names: readonly string[], example: string): void {
  const missing = names.filter((name) => typeof Reflect.get(client, name) !== 'function')
  if (missing.length === 0) return
  throw new TypeError(`@wsauth/redis: \`client\` has no ${missing.join(', no ')}; give ${example}`)
}

/** Runs a script that the server knows, by its SHA-1. */
export function evalSha(
  client: RedisCommands,
  sha1: string,
  keys: string[],
  args: string[],
): Promise<unknown> {
  if ('evalSha' in client) return client.evalSha(sha1, { keys, arguments: args })
  return client.evalsha(sha1, keys.length, ...keys, ...args)
}

/** Runs a script and makes it known. */
export function evalText(
  client: RedisCommands,
  script: string,
  keys: string[],
  args: string[],
): Promise<unknown> {
  if ('evalSha' in client) return client.eval(script, { keys, arguments: args })
  return client.eval(script, keys.length, ...keys, ...args)
}

/**
 * `WAIT` and `WAITAOF`, about all that the server of `key` has written until now: they speak of what came before on their own
 * connection, so something comes before. Where `ioredis` does not say which server that is, all have to have it.
 */
export async function sendWait(client: RedisCommands, key: string, command: string[]): Promise<unknown> {
  const any: AnyCommand = client as AnyCommand
  if ('evalSha' in client) {
    // A Sentinel client may have several connections to the primary, and is told whether the command only reads.
    if (any.use && 'getMasterNode' in client) {
      return any.use((lease) => inOrder(command, (words) => lease.sendCommand?.(false, words)))
    }
    const node = any.getNodeClientForKey ? await any.getNodeClientForKey(key) : any
    return inOrder(command, (words) => node.sendCommand?.(words))
  }
  const masters = any.nodes?.('master') ?? [any]
  const answers = await Promise.all(
    masters.map((node) => inOrder(command, ([name = '', ...args]) => node.call?.(name, ...args))),
  )
  return leastOf(answers)
}

async function inOrder(
  command: string[],
  send: (words: string[]) => Promise<unknown> | undefined,
): Promise<unknown> {
  const [, answer] = await Promise.all([send(['PING']), send(command)])
  return answer
}

/** `WAITAOF` answers with two numbers. */
function leastOf(answers: readonly unknown[]): unknown {
  const numbers = answers.map((answer) => (Array.isArray(answer) ? answer : [answer]).map(Number))
  const least = numbers.reduce((one, other) => one.map((n, at) => Math.min(n, other[at] ?? 0)))
  return least.length > 1 ? least : least[0]
}

export function listen(client: RedisCommands, event: string, listener: (...values: unknown[]) => void): void {
  const emitter: Partial<Emitter> = client as Partial<Emitter>
  emitter.on?.(event, listener)
}

const surviving: WeakSet<RedisCommands> = new WeakSet()

/** Both libraries emit `error` for a lost connection and reconnect; a process where nobody listens to it would end. */
export function surviveErrors(client: RedisCommands): void {
  if (surviving.has(client)) return
  surviving.add(client)
  listen(client, 'error', () => {})
}
