import { socketUrl } from '../chat/chat.ts'
import type { Recorder } from '../wire/recorder.ts'
import { tappedSocket } from '../wire/tapped-socket.ts'
import type { Experiment } from './experiment.ts'

/** A bare WebSocket that never says a word: the server waits five seconds and no longer. */
export function noToken(recorder: Recorder): Experiment {
  return {
    id: 'no-token',
    title: 'No token',
    about: 'A bare WebSocket connects and stays silent. The server closes it after 5 seconds with 4001.',
    run: async (report) => {
      const TappedSocket = tappedSocket(recorder, 'lab')
      const socket = new TappedSocket(socketUrl())
      await new Promise<void>((resolve, reject) => {
        let openedMs = 0
        let timer = 0
        socket.addEventListener('open', () => {
          openedMs = performance.now()
          report.say('Open, and silent …', 'wait')
          timer = window.setInterval(() => {
            report.tick(`${((performance.now() - openedMs) / 1_000).toFixed(1)} s`)
          }, 100)
        })
        socket.addEventListener('close', ({ code, reason }) => {
          window.clearInterval(timer)
          if (openedMs === 0) return reject(new Error('The server is not there.'))
          const seconds = (performance.now() - openedMs) / 1_000
          report.note('code', code)
          report.note('seconds', seconds.toFixed(2))
          report.say(`${code} ${reason} after ${seconds.toFixed(2)} s.`, 'good')
          resolve()
        })
      })
    },
  }
}
