import { AuthClient } from '@wsauth/client'
import type { Account } from '../account.ts'
import { socketUrl } from '../chat/chat.ts'
import { count } from '../format.ts'
import { forge } from '../wire/claims.ts'
import type { Recorder } from '../wire/recorder.ts'
import { tappedSocket } from '../wire/tapped-socket.ts'
import type { Experiment } from './experiment.ts'

// Long enough to see that nothing more comes: a client that did retry would wait a second at most.
const watchMs = 2_500

/** A second client whose every token is forged: it must give up, not knock for ever. */
export function wrongToken(account: Account, recorder: Recorder): Experiment {
  return {
    id: 'wrong-token',
    title: 'Wrong token',
    about: 'A second client presents forged tokens. It must stop by itself, not knock for ever.',
    run: async (report) => {
      const genuine = await account.bearer()
      let attempts = 0
      const client = new AuthClient(socketUrl(), {
        WebSocket: tappedSocket(recorder, 'lab'),
        // Forged tokens stay here; what the chat has fetched is not for this one.
        tabs: false,
        token: async () => {
          attempts += 1
          report.note('attempts', attempts)
          return forge(genuine)
        },
      })
      const end = await new Promise<string>((resolve) => {
        client.on('close', ({ code, reason, action }) => {
          report.note('code', code)
          report.note('action', action)
          report.say(`${code} ${reason}: ${action} …`, 'wait')
          if (action !== 'refresh') resolve(action)
        })
      })
      if (end === 'stop') await new Promise((resolve) => setTimeout(resolve, watchMs))
      client.close()
      if (end !== 'stop') throw new Error('The server does not answer.')
      report.say(
        `Stopped after ${count(attempts, 'attempt')}: 4001 asks for another token once, and that was refused too.`,
        'good',
      )
    },
  }
}
