import type { Explanation } from '@wsauth/client'
import { h } from '../dom.ts'
import type { Recorder } from './recorder.ts'

/** What `client.explain()` says: the last events in words, each failure with its remedy. */
export function inWords(recorder: Recorder, explain: () => readonly Explanation[]): HTMLElement {
  const list = h('ol', { class: 'words', tabindex: 0, 'aria-label': 'What client.explain() says' })
  const details = h(
    'details',
    { class: 'in-words' },
    h('summary', {}, 'In words: ', h('code', {}, 'client.explain()')),
    list,
  )

  function show(): void {
    if (!details.open) return
    list.replaceChildren(...explain().map(line))
    list.scrollTop = list.scrollHeight
  }
  details.addEventListener('toggle', show)
  recorder.on(({ lane }) => {
    // The client notes what it does before it tells others, or in the same breath.
    if (lane === 'chat') queueMicrotask(show)
  })
  return details
}

function line({ atMs, what, remedy }: Explanation): HTMLElement {
  const time = h('span', { class: 'at' }, new Date(atMs).toLocaleTimeString())
  return h('li', {}, time, h('span', {}, what, ...(remedy === undefined ? [] : [h('b', {}, ` ${remedy}`)])))
}
