import type { Figure } from './figure.ts'

const width = 760
const labelWidth = 240
const valueWidth = 90
const rowHeight = 26
const top = 62

// Colours with a contrast of at least 4.5 to 1 for the text, in both schemes.
const style = `
  text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #1f2328 }
  .title { font-size: 15px; font-weight: 600 }
  .small { font-size: 11px; fill: #59636e }
  .ours { font-weight: 600 }
  rect { fill: #afb8c1 }
  rect.ours { fill: #0969da }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .small { fill: #9198a1 }
    rect { fill: #4b535d }
    rect.ours { fill: #4493f8 }
  }`

/** A figure as horizontal bars, for light and dark pages; nothing but text and rectangles, no script, no font to fetch. */
export function svg({ title, bars, rows }: Figure, footer: string): string {
  const drawn = rows.filter((row) => row.bar !== undefined)
  const longest = Math.max(...drawn.map(({ bar = 0 }) => bar), Number.MIN_VALUE)
  const room = width - labelWidth - valueWidth - 16
  const height = top + drawn.length * rowHeight + 30
  const lines = drawn.map(({ label, bar = 0, cells, ours }, index) => {
    const y = top + index * rowHeight
    const mark = ours ? ' class="ours"' : ''
    const length = Math.max(1, (bar / longest) * room)
    return [
      `  <text x="${labelWidth - 10}" y="${y + 13}" text-anchor="end"${mark}>${escaped(label)}</text>`,
      `  <rect x="${labelWidth}" y="${y}" width="${length.toFixed(1)}" height="18" rx="2"${mark}/>`,
      `  <text x="${(labelWidth + length + 8).toFixed(1)}" y="${y + 13}"${mark}>${escaped(cells[0] ?? '')}</text>`,
    ].join('\n')
  })
  const caption = bars ? `${bars.unit}; ${bars.better} is better` : ''
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">`,
    `  <style>${style}\n  </style>`,
    `  <text x="16" y="24" class="title">${escaped(title)}</text>`,
    `  <text x="16" y="43" class="small">${escaped(caption)}</text>`,
    ...lines,
    `  <text x="16" y="${height - 10}" class="small">${escaped(footer)}</text>`,
    '</svg>',
    '',
  ].join('\n')
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? '')
}
