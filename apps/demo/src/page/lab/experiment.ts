import { h } from '../dom.ts'

/** What an experiment tells while it runs. */
export interface Report {
  /** Replaces the line under the button, which is read out. */
  say(text: string, tone?: 'plain' | 'good' | 'bad' | 'wait'): void
  /** What changes too often to be read out each time; goes with the line that is said next. */
  tick(text: string): void
  /** Facts for a machine to read: they become data attributes of the result. */
  note(name: string, value: string | number): void
}

export interface Experiment {
  readonly id: string
  readonly title: string
  /** What will happen, in one sentence. */
  readonly about: string
  readonly run: (report: Report) => Promise<void>
}

/** A button that does the real thing, and what came of it. */
export function experimentCard({ id, title, about, run }: Experiment): HTMLElement {
  const result = h('output', { class: 'result', 'data-testid': `result-${id}` })
  const button = h('button', { type: 'button', 'aria-describedby': `about-${id}` }, title)
  const ticking = h('p', { class: 'ticking' })
  const report: Report = {
    say: (text, tone = 'plain') => {
      result.textContent = text
      result.dataset.tone = tone
      ticking.textContent = ''
    },
    tick: (text) => {
      ticking.textContent = text
    },
    note: (name, value) => {
      result.dataset[name] = String(value)
    },
  }
  button.addEventListener('click', () => {
    button.disabled = true
    run(report)
      .catch((error: unknown) =>
        report.say(error instanceof Error ? error.message : 'That did not work.', 'bad'),
      )
      .finally(() => {
        button.disabled = false
        if (document.activeElement === document.body) button.focus()
      })
  })
  return h('li', { class: 'experiment' }, button, h('p', { id: `about-${id}` }, about), result, ticking)
}
