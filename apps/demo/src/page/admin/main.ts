import type { AccountStatus } from '../../shared/api.ts'
import { Account, resume } from '../account.ts'
import { get } from '../api.ts'
import { byId, h } from '../dom.ts'
import { setUpTheme } from '../theme.ts'
import { Recorder } from '../wire/recorder.ts'
import { connectionTable } from './connection-table.ts'

const content = byId('content')

async function start(): Promise<void> {
  const { signedIn } = await get<AccountStatus>('/auth/status')
  if (signedIn) {
    const account = new Account(await resume(), new Recorder())
    content.replaceChildren(connectionTable(account))
  } else {
    content.replaceChildren(
      h('p', { class: 'notice' }, 'Nobody is signed in. ', h('a', { href: '/' }, 'Sign in'), ' first.'),
    )
  }
}

setUpTheme(byId('theme'))
start().catch(() =>
  content.replaceChildren(h('p', { class: 'notice', role: 'alert' }, 'The server is not there.')),
)
