import type { Figure } from './figure.ts'

/** A figure as text: the title, aligned columns, the notes. */
export function table({ title, columns, rows, notes }: Figure): string {
  const grid = [['', ...columns], ...rows.map(({ label, cells }) => [label, ...cells])]
  const widths = grid[0]?.map((_, column) => Math.max(...grid.map((line) => line[column]?.length ?? 0))) ?? []
  // The last column says in words what limited the row, so it stands to the left like the first.
  const lines = grid.map((line) =>
    line
      .map((cell, column) =>
        column === 0 || column === widths.length - 1
          ? cell.padEnd(widths[column] ?? 0)
          : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  )
  const rule = '─'.repeat(widths.reduce((sum, width) => sum + width + 2, -2))
  return [title, rule, ...lines, rule, ...notes.map((note) => `  ${note}`)].join('\n')
}

/** The same for a Markdown page. */
export function markdown({ title, columns, rows, notes }: Figure): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const align = columns.map((_, column) => (column === columns.length - 1 ? '---' : '---:'))
  return [
    `### ${title}`,
    '',
    line(['', ...columns]),
    line(['---', ...align]),
    ...rows.map(({ label, cells, ours }) => line([ours ? `**${label}**` : label, ...cells])),
    '',
    ...notes.map((note) => `${note}  `),
  ].join('\n')
}
