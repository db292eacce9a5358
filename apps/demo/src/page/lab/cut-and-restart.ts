import type { Account } from '../account.ts'
import { post } from '../api.ts'
import type { Chat } from '../chat/chat.ts'
import { duration } from '../format.ts'
import type { Experiment, Report } from './experiment.ts'

/** The server destroys the TCP connection under this tab's socket: no Close frame, as when a cable is pulled. */
export function cutTheNetwork(account: Account, chat: Chat): Experiment {
  return {
    id: 'cut',
    title: 'Cut the network',
    about:
      'The TCP connection under the chat is destroyed without a Close frame. The client comes back, authenticated.',
    run: async (report) => {
      const back = comeBack(chat, report)
      await post('/lab/cut', { body: { connection: chat.connection }, token: await account.bearer() })
      await back
    },
  }
}

/** Listener and sockets go away and come back: what was typed meanwhile must arrive. */
export function restartTheServer(account: Account, chat: Chat): Experiment {
  return {
    id: 'restart',
    title: 'Restart the server',
    about:
      'The server is gone for 3 seconds. Write something meanwhile: it waits here and arrives afterwards.',
    run: async (report) => {
      const back = comeBack(chat, report)
      report.say('Going down …', 'wait')
      await post('/lab/restart', { token: await account.bearer() })
      await back
    },
  }
}

/** Waits until the chat was lost and is back, and tells so. */
export function comeBack({ client }: Chat, report: Report): Promise<void> {
  return new Promise((resolve) => {
    let lostMs: number | undefined
    const onClose = ({ code, retryInMs }: { code: number; retryInMs?: number | undefined }): void => {
      lostMs ??= performance.now()
      report.say(`Lost (${code}). Next attempt in ${duration(retryInMs ?? 0)} …`, 'wait')
    }
    const onOpen = (): void => {
      if (lostMs === undefined) return
      client.off('close', onClose)
      client.off('open', onOpen)
      report.say(`Back and authenticated after ${duration(performance.now() - lostMs)}.`, 'good')
      resolve()
    }
    client.on('close', onClose)
    client.on('open', onOpen)
  })
}
