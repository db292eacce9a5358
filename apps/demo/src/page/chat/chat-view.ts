import { longestText, type Said } from '../../shared/room-messages.ts'
import { h } from '../dom.ts'
import { count, timeOfDay } from '../format.ts'
import { newestInSight } from '../newest-in-sight.ts'

export interface ChatView {
  readonly element: HTMLElement
  /** A message of the room; one of our own takes the place of the one that waited. */
  said(message: Said): void
  /** A message of our own that the room has not said yet. */
  waiting(id: string, text: string): void
  failed(id: string): void
  /** Who is here; nobody is known to be while there is no connection. */
  people(names: readonly string[]): void
  /** Whether anything can be sent right now, and how many messages wait; told aloud when it changes. */
  notice(text: string, tone: 'plain' | 'wait' | 'bad'): void
}

interface Line {
  readonly element: HTMLElement
  readonly when: HTMLElement
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

  const newest = newestInSight(log)
  const lines = new Map<string, Line>()

  /** A line that is there already keeps its place and its words: a screen reader reads out what is put in anew. */
  function put(id: string, kind: string, who: string, when: string, text: string): void {
    const line = lines.get(id) ?? append(id, who, text)
    line.element.className = `said ${kind}`
    if (line.when.textContent !== when) line.when.textContent = when
    newest.added()
  }

  function append(id: string, who: string, text: string): Line {
    const when = h('span')
    const element = h(
      'div',
      {},
      h('span', { class: 'meta' }, h('bdi', {}, who), ', ', when),
      // Which way a text runs is up to the text, whatever way its neighbours run.
      h('span', { class: 'text', dir: 'auto' }, text),
    )
    const line = { element, when }
    lines.set(id, line)
    log.append(element)
    return line
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
      put(id, own ? 'own' : 'theirs', own ? 'You' : from, timeOfDay(atMs), text)
    },
    waiting: (id, text) => {
      newest.goToEnd()
      put(id, 'own waiting', 'You', 'waiting', text)
    },
    failed: (id) => {
      const line = lines.get(id)
      line?.element.classList.add('failed')
      line?.when.replaceChildren('not sent')
    },
    people: (names) =>
      people.replaceChildren(
        names.length > 0 ? `${count(names.length, 'person', 'people')} here: ${names.join(', ')}` : '',
      ),
    notice: (text, tone) => {
      // Said once, however often the client tries meanwhile.
      if (notice.textContent !== text) notice.textContent = text
      notice.dataset.tone = tone
    },
  }
}
