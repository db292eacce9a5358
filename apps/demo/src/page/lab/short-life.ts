import { AuthClient } from '@wsauth/client'
import { shortTokenMs } from '../../shared/lab.ts'
import type { Account } from '../account.ts'
import { post } from '../api.ts'
import { socketUrl } from '../chat/chat.ts'
import { duration } from '../format.ts'
import type { Recorder } from '../wire/recorder.ts'
import { tappedSocket } from '../wire/tapped-socket.ts'
import type { Experiment } from './experiment.ts'

/** The server forgives this much after the end of a token. */
const leewayMs = 5_000

/** A second client whose token ends in five seconds, and whose provider has a newer one only once that is refused. */
function shortLived(account: Account, recorder: Recorder): AuthClient {
  return new AuthClient(socketUrl(), {
    WebSocket: tappedSocket(recorder, 'lab'),
    // What the chat, or another tab, has fetched is not for this one.
    tabs: false,
    token: async ({ reason }) => {
      if (reason === 'refresh') throw new Error('No newer token yet')
      if (reason === 'refused') return account.bearer()
      const { accessToken } = await post<{ accessToken: string }>('/lab/short-token', {
        token: await account.bearer(),
      })
      return accessToken
    },
  })
}

/** Resolves when it opens once more; rejects where it stops instead, since the session has ended. */
function openAgain(client: AuthClient): Promise<void> {
  return new Promise((resolve, reject) => {
    client.once('open', () => resolve())
    client.on('close', ({ code, reason, action }) => {
      if (action === 'stop') reject(new Error(`${code} ${reason}: stop.`))
    })
  })
}

/** What became of a token that nobody renewed: the connection ends with it. */
export function letItExpire(account: Account, recorder: Recorder): Experiment {
  return {
    id: 'expire',
    title: 'Let a token expire',
    about: `A second client whose token lives ${shortTokenMs / 1_000} s and is not renewed. Its connection ends with it, after ${leewayMs / 1_000} s of leeway, and the client comes back with another.`,
    run: async (report) => {
      const client = shortLived(account, recorder)
      await client.ready()
      const openedMs = performance.now()
      report.say('Open, and nobody renews its token …', 'wait')
      client.once('close', ({ code, reason, action }) => {
        report.note('code', code)
        report.note('action', action)
        report.say(`${code} ${reason} after ${duration(performance.now() - openedMs)}: ${action}.`, 'wait')
      })
      await openAgain(client)
      const after = duration(performance.now() - openedMs)
      client.close()
      report.say(
        `4002 at the end of the token and ${leewayMs / 1_000} s of leeway; back with another after ${after}.`,
        'good',
      )
    },
  }
}

/** A tab that sleeps past the end of its token: what it says on waking must not travel with the old one. */
export function sleep(account: Account, recorder: Recorder): Experiment {
  const sleepMs = shortTokenMs + leewayMs + 1_500
  return {
    id: 'sleep',
    title: 'Sleep',
    about: `This tab freezes for ${duration(sleepMs)}, past the end of a second client's token. What it sends on waking goes out with a new one.`,
    run: async (report) => {
      const client = shortLived(account, recorder)
      await client.ready()
      report.say('Asleep …', 'wait')
      // Two frames, so that this is on the screen before nothing is drawn any more.
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
      const untilMs = performance.now() + sleepMs
      while (performance.now() < untilMs);
      recorder.add({ kind: 'note', lane: 'lab', text: `awake after ${duration(sleepMs)}`, tone: 'wait' })
      client.send(JSON.stringify({ type: 'nothing', text: 'said on waking' }))
      await openAgain(client)
      // What waited is sent right after `open` is told.
      await Promise.resolve()
      client.close()
      report.say('Awake: the message waited for a new token, and went out with it.', 'good')
    },
  }
}
