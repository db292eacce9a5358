import { mask } from '../../shared/mask.ts'
import { frameEvent, type Lane, type Recorder } from './recorder.ts'

/**
 * The browser's own WebSocket, listened to. It is handed to `AuthClient` as its `WebSocket` option, so what the page
 * shows are the real frames of the real socket and not what somebody believes was sent.
 */
export function tappedSocket(recorder: Recorder, lane: Lane): typeof WebSocket {
  return class TappedWebSocket extends WebSocket {
    #handshaken = false

    constructor(url: string | URL, protocols: string | string[] = []) {
      recorder.add({
        kind: 'dial',
        lane,
        url: mask(String(url)),
        protocols: mask([protocols].flat().join(', ')),
      })
      super(url, protocols)
      this.addEventListener('open', () => recorder.add({ kind: 'upgraded', lane, protocol: this.protocol }))
      this.addEventListener('message', ({ data }) => {
        recorder.add(frameEvent(lane, 'in', describe(data), this.#handshaken))
        if (typeof data === 'string' && data.startsWith('{"type":"auth_ok"')) this.#handshaken = true
      })
      this.addEventListener('close', ({ code, reason }) =>
        recorder.add({ kind: 'closed', lane, code, reason }),
      )
    }

    override send(data: Parameters<WebSocket['send']>[0]): void {
      recorder.add(frameEvent(lane, 'out', describe(data), this.#handshaken))
      super.send(data)
    }
  }
}

function describe(data: unknown): string {
  if (typeof data === 'string') return data
  return data instanceof ArrayBuffer ? `binary, ${data.byteLength} bytes` : 'binary'
}
