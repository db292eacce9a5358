import { h } from '../dom.ts'
import { type WayIn, waysIn } from './ways-in.ts'

/** Every way in, side by side; the chat connects anew with the one that is chosen. */
export function methodSwitch(evidence: HTMLElement, onChoose: (way: WayIn) => Promise<void>): HTMLElement {
  const outcome = h('p', { class: 'outcome', role: 'status' })
  const radios = new Map(
    waysIn.map((way) => [
      way.name,
      h('input', { type: 'radio', name: 'way', value: way.name, checked: way.name === 'firstMessage' }),
    ]),
  )
  let current: WayIn | undefined = waysIn[0]

  async function choose(way: WayIn): Promise<void> {
    try {
      await onChoose(way)
      current = way
      outcome.textContent = `The chat connects with ${way.name}().`
      outcome.dataset.tone = 'good'
    } catch (error) {
      outcome.textContent = error instanceof Error ? error.message : 'That did not work.'
      outcome.dataset.tone = 'bad'
      const before = current && radios.get(current.name)
      if (before) before.checked = true
    }
  }

  const rows = waysIn.map((way) => {
    const radio = radios.get(way.name)
    radio?.addEventListener('change', () => void choose(way))
    const cells = [way.where, way.good, way.bad, way.choose]
    return h(
      'tr',
      {},
      h('th', { scope: 'row' }, h('label', { class: 'way' }, radio, h('code', {}, `${way.name}()`))),
      ...cells.map((text, i) => h('td', { 'data-label': columns[i + 1] }, text)),
    )
  })

  return h(
    'section',
    { class: 'card ways', id: 'ways', 'aria-labelledby': 'ways-title' },
    h('h2', { id: 'ways-title' }, 'Ways in'),
    h(
      'p',
      { class: 'lead' },
      'The same token by another way gets the same verdict. Choose one: the chat connects anew, and this is what went where.',
    ),
    evidence,
    outcome,
    h(
      'table',
      {},
      h('thead', {}, h('tr', {}, ...columns.map((name) => h('th', { scope: 'col' }, name)))),
      h('tbody', {}, ...rows),
    ),
  )
}

const columns = ['Way', 'Where the credential is', 'Good', 'Bad', 'Choose it when'] as const
