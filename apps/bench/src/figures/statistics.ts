/** The middle value; the mean of the two middle ones where their number is even. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('the median of nothing')
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2
}

/** The smallest value that `share` (0 to 1) of all values do not exceed (nearest rank). */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError('a percentile of nothing')
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
}

/**
 * How `values` stand to `base`, round by round: the median of the quotients.
 *
 * Each round measures both within seconds, so what slows the machine for a while slows both and drops out.
 */
export function medianRatio(values: readonly number[], base: readonly number[]): number {
  if (values.length !== base.length) throw new RangeError('rounds do not pair up')
  return median(values.map((value, round) => value / (base[round] ?? Number.NaN)))
}
