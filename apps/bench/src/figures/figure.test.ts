import { describe, expect, it } from 'vitest'
import { digits, type Figure, times } from './figure.ts'
import { svg } from './svg.ts'
import { markdown, table } from './table.ts'

const figure: Figure = {
  name: 'example',
  title: 'Cost & benefit',
  columns: ['µs', 'to ws', 'limited by'],
  rows: [
    { label: 'ws', bar: 100, cells: ['100', '1.00 ×', 'server CPU'] },
    { label: 'wsauth <best>', ours: true, bar: 50, cells: ['50.0', '0.50 ×', 'server CPU'] },
    { label: 'no bar', cells: ['–', '–', 'nothing'] },
  ],
  bars: { unit: 'µs', better: 'less' },
  notes: ['A note.'],
}

it.each([
  [123_456.7, '123,457'],
  [123.4, '123'],
  [12.34, '12.3'],
  [1.234, '1.23'],
  [Number.NaN, '–'],
])('%d is written %s', (value, text) => {
  expect(digits(value)).toBe(text)
})

it('a ratio that is none is not written as a number', () => {
  expect(times(1.049)).toBe('1.05 ×')
  expect(times(Number.POSITIVE_INFINITY)).toBe('–')
})

describe('table', () => {
  it('aligns numbers to the right, names and reasons to the left', () => {
    expect(table(figure).split('\n').slice(2, 6)).toEqual([
      '                 µs   to ws  limited by',
      'ws              100  1.00 ×  server CPU',
      'wsauth <best>  50.0  0.50 ×  server CPU',
      'no bar            –       –  nothing',
    ])
  })

  it('becomes Markdown with its own product in bold', () => {
    expect(markdown(figure)).toContain('| **wsauth <best>** | 50.0 | 0.50 × | server CPU |')
    expect(markdown(figure)).toContain('| --- | ---: | ---: | --- |')
  })
})

describe('svg', () => {
  const picture = svg(figure, 'Node 24')

  it('draws one bar for each row that has one, as long as its value', () => {
    const lengths = [...picture.matchAll(/<rect [^>]*width="([\d.]+)"/g)].map(([, length]) => Number(length))
    expect(lengths).toHaveLength(2)
    expect(lengths[0]).toBeCloseTo(2 * (lengths[1] ?? 0), 0)
  })

  it('shows text as text', () => {
    expect(picture).toContain('Cost &amp; benefit')
    expect(picture).toContain('wsauth &lt;best&gt;')
    expect(picture).not.toContain('<best>')
  })

  it('has colours for light and dark pages, and runs and loads nothing', () => {
    expect(picture).toContain('prefers-color-scheme: dark')
    expect(picture).not.toMatch(/<script|href|url\(|@import/)
  })
})
