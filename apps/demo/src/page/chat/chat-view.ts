import { longestText, type Said } from '../../shared/room-messages.ts'
import { h } from '../dom.ts'
import { count, timeOfDay } from '../format.ts'

export interface ChatView {
  readonly element: HTMLElement
  /** A message of the room; one of our own takes the place of the one that waited. */
  said(message: Said): void
  /** A message of our own that the room has not said yet. */
  waiting(id: string, text: string): void
  failed(id: string): void
  /** Who is here; nobody is known to be while there is no connection. */
  people(names: readonly string[]): void
  /** How many messages wait, and whether anything can be sent right now. */
  notice(text: string, tone: 'plain' | 'wait' | 'bad'): void
}

export function chatView(userId: string, onSay: (text: string) => void): ChatView {
  const log = h('div', { class: 'messages', role: 'log', 'aria-label': 'Messages', tabindex: 0 })
  const people = h('p', { class: 'people' })
  const notice = h('p', { class: 'chat-notice', role: 'status' })
  const input = h('input', {
    id: 'say',
    autocomplete: 'off',
    maxlength: longestText,
    placeholder: 'Write to everybody …',
    enterkeyhint: 'send',
    dir: 'auto',
  })
  const form = h(
    'form',
    { class: 'composer' },
    h('label', { for: 'say', class: 'hidden' }, 'Message'),
    input,
    h('button', { type: 'submit', class: 'primary' }, 'Send'),
  )
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const text = input.value.trim()
    if (text === '') return
    input.value = ''
    onSay(text)
  })

  const items = new Map<string, HTMLElement>()

  // The newest message stays in sight until its reader scrolls back; the log shrinks and grows with the page.
  let atEnd = true
  const toEnd = (): void => {
    if (atEnd) log.scrollTop = log.scrollHeight
  }
  log.addEventListener('scroll', () => {
    atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 48
  })
  new ResizeObserver(toEnd).observe(log)

  function put(id: string, item: HTMLElement): void {
    const before = items.get(id)
    items.set(id, item)
    if (before) before.replaceWith(item)
    else log.append(item)
    toEnd()
  }

  // Which way a text runs is up to the text, whatever way its neighbours run.
  const line = (who: string, when: string, text: string): readonly HTMLElement[] => [
    h('span', { class: 'meta' }, h('bdi', {}, who), `, ${when}`),
    h('span', { class: 'text', dir: 'auto' }, text),
  ]

  return {
    element: h(
      'section',
      { class: 'card chat', id: 'chat', 'aria-labelledby': 'chat-title' },
      h('div', { class: 'row' }, h('h2', { id: 'chat-title' }, 'Chat'), people),
      log,
      notice,
      form,
    ),
    said: ({ id, text, from, userId: sender, atMs }) => {
      const own = sender === userId
      const parts = line(own ? 'You' : from, timeOfDay(atMs), text)
      put(id, h('div', { class: own ? 'said own' : 'said' }, ...parts))
    },
    waiting: (id, text) => {
      atEnd = true
      put(id, h('div', { class: 'said own waiting' }, ...line('You', 'waiting', text)))
    },
    failed: (id) => {
      const item = items.get(id)
      item?.classList.add('failed')
      item?.querySelector('.meta')?.replaceChildren('You, not sent')
    },
    people: (names) =>
      people.replaceChildren(
        names.length > 0 ? `${count(names.length, 'person', 'people')} here: ${names.join(', ')}` : '',
      ),
    notice: (text, tone) => {
      notice.textContent = text
      notice.dataset.tone = tone
    },
  }
}
