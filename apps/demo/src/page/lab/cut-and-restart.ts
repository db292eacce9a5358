import type { CloseEvent } from '@wsauth/client'
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
      const { connection } = chat
      if (connection === undefined) throw new Error('There is nothing to cut: the chat is not connected.')
      await comeBack(chat, report, async () =>
        post('/lab/cut', { body: { connection }, token: await account.bearer() }),
      )
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
      report.say('Going down …', 'wait')
      await comeBack(chat, report, async () => post('/lab/restart', { token: await account.bearer() }))
    },
  }
}

/** Breaks the chat's connection, waits until it is back, and tells so. */
export function comeBack({ client }: Chat, report: Report, breakIt: () => Promise<unknown>): Promise<void> {
  let lostMs: number | undefined
  return new Promise((resolve, reject) => {
    client.on('close', onClose)
    client.on('open', onOpen)
    client.on('state', onState)
    if (client.state === 'closed') onState(client.state)
    else breakIt().catch(giveUp)

    function onClose({ code, retryInMs = 0 }: CloseEvent): void {
      if (lostMs === undefined) report.say(`Lost (${code}).`, 'wait')
      lostMs ??= performance.now()
      report.tick(`Next attempt in ${duration(retryInMs)} …`)
    }
    function onOpen(): void {
      if (lostMs === undefined) return
      leave()
      report.say(`Back and authenticated after ${duration(performance.now() - lostMs)}.`, 'good')
      resolve()
    }
    function onState(state: string): void {
      if (state !== 'closed') return
      giveUp(new Error('Stopped: the session has ended, or another way in was chosen meanwhile.'))
    }
    function giveUp(error: unknown): void {
      leave()
      reject(error)
    }
    function leave(): void {
      client.off('close', onClose)
      client.off('open', onOpen)
      client.off('state', onState)
    }
  })
}
