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

  function put(id: string, item: HTMLElement): void {
    const before = items.get(id)
    items.set(id, item)
    if (before) before.replaceWith(item)
    else log.append(item)
    log.scrollTop = log.scrollHeight
  }

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
      const meta = h('span', { class: 'meta' }, `${own ? 'You' : from}, ${timeOfDay(atMs)}`)
      put(id, h('div', { class: own ? 'said own' : 'said' }, meta, h('span', { class: 'text' }, text)))
    },
    waiting: (id, text) => {
      const meta = h('span', { class: 'meta' }, 'You, waiting')
      put(id, h('div', { class: 'said own waiting' }, meta, h('span', { class: 'text' }, text)))
    },
    failed: (id) => {
      const item = items.get(id)
      item?.classList.add('failed')
      item?.querySelector('.meta')?.replaceChildren('You, not sent')
    },
    people: (names) =>
      people.replaceChildren(`${count(names.length, 'person', 'people')} here: ${names.join(', ')}`),
    notice: (text, tone) => {
      notice.textContent = text
      notice.dataset.tone = tone
    },
  }
}
