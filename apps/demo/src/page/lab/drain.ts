import { drainMs } from '../../shared/lab.ts'
import type { Account } from '../account.ts'
import { post } from '../api.ts'
import type { Chat } from '../chat/chat.ts'
import { comeBack } from './cut-and-restart.ts'
import type { Experiment } from './experiment.ts'

/** A deploy: each client is told when to come back, and closed in its turn. */
export function drainTheServer(account: Account, chat: Chat): Experiment {
  return {
    id: 'drain',
    title: 'Drain',
    about: `As for a deploy: everybody is told when to come back, and closed in turn over ${drainMs / 1_000} s with 1012.`,
    run: async (report) => {
      report.say('Draining: going_away has come, the connection still works …', 'wait')
      await comeBack(chat, report, async () => post('/lab/drain', { token: await account.bearer() }))
    },
  }
}
