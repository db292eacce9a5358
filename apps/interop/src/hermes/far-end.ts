import {
  openServer,
  type ServerEffect,
  type ServerPolicy,
  type ServerState,
  type ServerStep,
  secret,
  serverDueAt,
  stepServer,
  type Verdict,
} from '@wsauth/protocol'
import type { EmitDeviceEvent, NativeWebSocketModule } from '../phone/native-web-socket.ts'

const policy: ServerPolicy = {
  deadlineMs: 5_000,
  firstMessage: true,
  bearerText: true,
  reject: 'auto',
  allowAnonymous: false,
  preAuthMessages: 16,
  heartbeatMs: 25_000,
  refreshesPerMinute: 6,
  revalidateMs: Number.POSITIVE_INFINITY,
}
const latencyMs = 10

/** What the test sees of the far end, and what it can do to the network. */
interface FarEnd extends NativeWebSocketModule {
  /** Every connection so far: what its handshake carried. */
  readonly handshakes: { url: string; protocols: string[]; headers: Record<string, string> }[]
  /** Ends every connection without a word, as a lost network does. */
  cut(): void
}

/**
 * React Native's native WebSocket module, for a VM that has no network: behind it stands the server machine of
 * `@wsauth/protocol`, which knows the token `good-…` of the user behind the dash, and echoes.
 */
function farEnd(emit: EmitDeviceEvent): FarEnd {
  const connections = new Map<number, ReturnType<typeof connection>>()
  const handshakes: FarEnd['handshakes'] = []
  return {
    handshakes,
    connect(url, protocols, options, id) {
      const headers: Record<string, string> = { ...options.headers }
      handshakes.push({ url, protocols: protocols ?? [], headers })
      const later = (event: string, detail: object): void => {
        setTimeout(() => emit(event, { id, ...detail }), latencyMs)
      }
      connections.set(id, connection(protocols ?? [], headers.Authorization, later))
    },
    send: (text, id) => connections.get(id)?.receive(text),
    sendBinary: () => {},
    ping: () => {},
    close: (code, reason, id) => connections.get(id)?.close(code, reason),
    cut() {
      for (const { cut } of connections.values()) cut()
      connections.clear()
    },
    addListener: () => {},
    removeListeners: () => {},
  }
}

function connection(
  protocols: readonly string[],
  authorization: string | undefined,
  emit: (event: string, detail: object) => void,
): { receive(text: string): void; close(code: number, reason: string): void; cut(): void } {
  let ended = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let state: ServerState = { name: 'closed' }
  const nowMs = (): number => performance.now()

  function apply(step: ServerStep): void {
    state = step.state
    for (const effect of step.effects) perform(effect)
    clearTimeout(timer)
    const dueAtMs = serverDueAt(state)
    if (ended || !Number.isFinite(dueAtMs)) return
    timer = setTimeout(() => {
      apply(stepServer(policy, state, { type: 'due', nowMs: nowMs(), sentAtMs: nowMs(), heardAtMs: nowMs() }))
    }, dueAtMs - nowMs())
  }

  function end(event: string, detail: object): void {
    if (ended) return
    ended = true
    clearTimeout(timer)
    emit(event, detail)
  }

  function perform(effect: ServerEffect): void {
    switch (effect.type) {
      case 'accept':
        emit('websocketOpen', { protocol: protocols[0] ?? '' })
        break
      case 'reject':
        end('websocketFailed', { message: "Expected HTTP 101 response but was '401 Unauthorized'" })
        break
      case 'send':
        emit('websocketMessage', { type: 'text', data: effect.text })
        break
      case 'close':
        end('websocketClosed', { code: effect.code, reason: effect.reason })
        break
      case 'verify': {
        const { attempt, token } = effect
        setTimeout(() => {
          apply(
            stepServer(policy, state, {
              type: 'verdict',
              nowMs: nowMs(),
              attempt,
              verdict: verdictOn(token.reveal()),
            }),
          )
        }, latencyMs)
      }
    }
  }

  const token = authorization?.startsWith('Bearer ') ? authorization.slice('Bearer '.length) : undefined
  apply(
    openServer(policy, {
      nowMs: nowMs(),
      version: protocols.includes('wsauth.v1') ? 1 : 0,
      channel: 'AAAAAAAAAAAAAAAA',
      finding: token ? { type: 'credential', token: secret(token), ambient: false } : { type: 'none' },
    }),
  )

  return {
    receive(text) {
      if (ended) return
      if (state.name !== 'authenticated')
        apply(stepServer(policy, state, { type: 'message', nowMs: nowMs(), text }))
      else emit('websocketMessage', { type: 'text', data: `echo ${text}` })
    },
    close: (code, reason) => end('websocketClosed', { code, reason }),
    cut: () => end('websocketFailed', { message: 'Connection reset' }),
  }
}

function verdictOn(token: string): Verdict {
  const [good, userId] = token.split('-')
  if (good !== 'good' || !userId) return { ok: false, error: 'invalid_token' }
  return { ok: true, grant: { subject: { userId }, sessionId: 's-1', expiresInMs: 900_000, leewayMs: 5_000 } }
}

/** The far end of this VM, in place before React Native's JavaScript looks for it. */
export const far: FarEnd = farEnd((name, event) => globalThis.__rctDeviceEventEmitter.emit(name, event))
globalThis.nativeModules.WebSocketModule = far

declare global {
  var __rctDeviceEventEmitter: { emit: EmitDeviceEvent }
  var nativeModules: Record<string, object>
}
