/** A table of the report, and the picture of it. */
export interface Figure {
  /** The picture's file name, without `.svg`. */
  readonly name: string
  readonly title: string
  /** Heads of the columns after the label. */
  readonly columns: readonly string[]
  readonly rows: readonly FigureRow[]
  readonly bars?: {
    readonly unit: string
    readonly better: 'less' | 'more'
  }
  /** What is measured, and what the reader has to know about it. */
  readonly notes: readonly string[]
}

export interface FigureRow {
  readonly label: string
  readonly cells: readonly string[]
  /** Length of the bar; no bar where absent. */
  readonly bar?: number
  /** wsauth itself. */
  readonly ours?: boolean
}

/** Three significant digits, and no more than the value has to say. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return '–'
  const size = Math.abs(value)
  if (size >= 1_000) return Math.round(value).toLocaleString('en')
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(2)
}

/** A ratio, as `1.05 ×`. */
export function times(ratio: number): string {
  return Number.isFinite(ratio) ? `${ratio.toFixed(2)} ×` : '–'
}
