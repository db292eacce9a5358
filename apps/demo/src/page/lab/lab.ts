import type { Account } from '../account.ts'
import type { Chat } from '../chat/chat.ts'
import { h } from '../dom.ts'
import type { Recorder } from '../wire/recorder.ts'
import { cutTheNetwork, restartTheServer } from './cut-and-restart.ts'
import { drainTheServer } from './drain.ts'
import { experimentCard } from './experiment.ts'
import { noToken } from './no-token.ts'
import { letItExpire, sleep } from './short-life.ts'
import { wrongToken } from './wrong-token.ts'

/** Buttons that break things, for real. */
export function lab(account: Account, chat: Chat, recorder: Recorder): HTMLElement {
  const experiments = [
    wrongToken(account, recorder),
    noToken(recorder),
    cutTheNetwork(account, chat),
    restartTheServer(account, chat),
    drainTheServer(account, chat),
    letItExpire(account, recorder),
    sleep(account, recorder),
  ]
  return h(
    'section',
    { class: 'card lab', id: 'lab', 'aria-labelledby': 'lab-title' },
    h('h2', { id: 'lab-title' }, 'Break it'),
    h(
      'p',
      { class: 'lead' },
      'Buttons that do the real thing. To end a session from elsewhere, open the ',
      h('a', { href: '/admin.html', target: '_blank' }, 'list of live connections'),
      '.',
    ),
    h('ul', { class: 'experiments' }, ...experiments.map(experimentCard)),
  )
}
