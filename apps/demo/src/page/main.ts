import type { AccountStatus, SignedIn } from '../shared/api.ts'
import { Account, resume } from './account.ts'
import { get } from './api.ts'
import { byId } from './dom.ts'
import { signInView } from './sign-in.ts'
import { setUpTheme } from './theme.ts'
import { Recorder } from './wire/recorder.ts'
import { type Workbench, workbench } from './workbench.ts'

const content = byId('content')
let current: { readonly account: Account; readonly bench: Workbench } | undefined

function showSignIn(accounts: boolean): void {
  const isReturn = current !== undefined
  current?.bench.close()
  current = undefined
  for (const id of ['pill', 'me', 'log-out']) byId(id).hidden = true
  content.replaceChildren(signInView(accounts, showWorkbench))
  // The button that was pressed is gone, and the focus with it.
  if (isReturn) content.focus()
}

function showWorkbench(signedIn: SignedIn): void {
  const recorder = new Recorder()
  const account = new Account(signedIn, recorder)
  const bench = workbench(account, recorder, () => showSignIn(true))
  current = { account, bench }
  for (const id of ['pill', 'me', 'log-out']) byId(id).hidden = false
  byId('me').textContent = account.user.name
  content.replaceChildren(...bench.elements)
  window.scrollTo(0, 0)
  content.focus({ preventScroll: true })
}

byId('log-out').addEventListener('click', () => {
  // The server ends the session and closes its sockets; what the page shows then comes from there.
  const { account, bench } = current ?? {}
  account?.logOut().catch(() => bench?.warn('The server does not answer: you are not logged out. Try again.'))
})

async function start(): Promise<void> {
  const { signedIn, accounts } = await get<AccountStatus>('/auth/status')
  if (signedIn) {
    const session = await resume().catch(() => undefined)
    if (session) return showWorkbench(session)
  }
  showSignIn(accounts)
}

setUpTheme(byId('theme'))
start().catch(() => showSignIn(true))
