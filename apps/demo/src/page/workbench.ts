import type { AuthClient } from '@wsauth/client'
import { cookiePath } from '../shared/paths.ts'
import type { Account } from './account.ts'
import { makeChat } from './chat/chat.ts'
import { byId, h } from './dom.ts'
import { lab } from './lab/lab.ts'
import { cookieKeeper } from './methods/cookie-keeper.ts'
import { methodSwitch } from './methods/method-switch.ts'
import type { WayIn } from './methods/ways-in.ts'
import { whatWentWhere } from './methods/what-went-where.ts'
import { handshakeBar } from './wire/handshake-bar.ts'
import { inWords } from './wire/in-words.ts'
import type { Recorder } from './wire/recorder.ts'
import { stateDiagram } from './wire/state-diagram.ts'
import { timeline } from './wire/timeline.ts'
import { tokenCard } from './wire/token-card.ts'

export interface Workbench {
  readonly elements: readonly HTMLElement[]
  /** Says what went wrong, until the client is open again. */
  warn(text: string): void
  /** Ends the connection and whatever ticks. */
  close(): void
}

const places = [
  ['chat', 'Chat'],
  ['lab', 'Break it'],
  ['wire', 'The wire'],
  ['ways', 'Ways in'],
] as const

/** The room of somebody who is signed in: the chat, the buttons that break it, and beside them the wire. */
export function workbench(account: Account, recorder: Recorder, onSignInAgain: () => void): Workbench {
  const ends = new AbortController()
  const token = tokenCard(ends.signal)
  const wire = h(
    'section',
    { class: 'card wire', id: 'wire', 'aria-labelledby': 'wire-title' },
    h('h2', { id: 'wire-title' }, 'The wire'),
    h(
      'div',
      { class: 'panels' },
      h('div', {}, stateDiagram(recorder), handshakeBar(recorder)),
      token.element,
    ),
    timeline(recorder),
    inWords(recorder, () => chat.client.explain()),
  )
  const where = whatWentWhere(recorder)
  const pill = byId('pill')
  const again = h('button', { type: 'button', class: 'primary' }, 'Sign in again')
  again.addEventListener('click', onSignInAgain)
  const words = h('p')
  const banner = h('div', { class: 'banner', role: 'alert', hidden: true }, words, again)

  function announce(text: string, isEnd: boolean): void {
    words.textContent = text
    again.hidden = !isEnd
    banner.hidden = false
    const logOut = byId('log-out')
    const hadFocus = document.activeElement === logOut
    logOut.hidden = isEnd
    if (hadFocus && isEnd) again.focus()
  }

  function watch(client: AuthClient): void {
    client.on('state', (state) => {
      if (client !== chat.client) return
      pill.textContent = state
      pill.dataset.state = state
      if (state === 'closed' || state === 'waiting') token.ended()
      if (state !== 'open') return
      banner.hidden = true
      byId('log-out').hidden = false
    })
    client.on('auth_ok', ({ expiresInMs }) => token.accepted(expiresInMs))
    client.on('refresh', ({ expiresInMs }) => token.accepted(expiresInMs))
    client.on('close', ({ code, reason, action }) => {
      if (action !== 'stop' || client !== chat.client) return
      announce(stopWords(code, reason), true)
    })
  }
  const chat = makeChat(account, recorder, { onClient: watch, onArrival: where.show })
  const keepCookie = cookieKeeper(ends.signal)

  async function chooseWay(way: WayIn): Promise<void> {
    await keepCookie(way.path === cookiePath)
    chat.connectBy(way)
  }

  account.onToken(token.show)
  chat.connect()

  return {
    elements: [
      banner,
      h(
        'div',
        { class: 'workbench' },
        chat.element,
        lab(account, chat, recorder),
        h('div', { class: 'wire-column' }, wire),
        methodSwitch(where.element, chooseWay),
      ),
      h(
        'nav',
        { class: 'places', 'aria-label': 'Parts of this page' },
        ...places.map(([id, name]) => h('a', { href: `#${id}` }, name)),
      ),
    ],
    warn: (text) => announce(text, false),
    close: () => {
      ends.abort()
      chat.close()
    },
  }
}

function stopWords(code: number, reason: string): string {
  if (code === 4004)
    return 'This session has ended: the server closed its sockets with 4004, and the client does not dial again.'
  return `The connection has ended for good (${code} ${reason}): the client does not dial again by itself.`
}
