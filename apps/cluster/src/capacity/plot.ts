import type { Course } from './storm.ts'

export interface Line {
  readonly name: string
  readonly course: Course
}

const [width, height, left, bottom, top] = [860, 380, 84, 40, 30] as const
const colours: readonly string[] = ['#b3261e', '#1b5fa8', '#1b7f3b']
/** Below that a second is not worth a place on a logarithmic axis. */
const least = 1_000

/** Arrivals each second, on a logarithmic axis, and a dotted line for what the servers take. */
export function arrivalsPlot(lines: readonly Line[], perSecond: number, seconds: number): string {
  const most = Math.max(...lines.flatMap(({ course }) => course.arrivals))
  const x = (second: number): number => left + (second / seconds) * (width - left - 20)
  const y = (count: number): number => {
    const share = Math.log(Math.max(least, count) / least) / Math.log(most / least)
    return height - bottom - share * (height - bottom - top)
  }
  const paths = lines.map(({ course }, n) => {
    const points = course.arrivals
      .slice(0, seconds)
      .map((count, second) => `${x(second).toFixed(1)},${y(count).toFixed(1)}`)
    return `<polyline fill="none" stroke="${colours[n]}" stroke-width="1.5" points="${points.join(' ')}"/>`
  })
  const names = lines.map(
    ({ name }, n) =>
      `<text x="${width - 24}" y="${top + 24 + n * 18}" text-anchor="end" fill="${colours[n]}">${name}</text>`,
  )
  const powers = [1_000, 10_000, 100_000, 1_000_000].filter((count) => count <= most)
  const scale = powers.map(
    (count) =>
      `<text x="${left - 8}" y="${y(count) + 4}" text-anchor="end">${count.toLocaleString('en')}</text>`,
  )
  const times = Array.from({ length: 7 }, (_, n) => Math.round((seconds / 6) * n))
  const clock = times.map(
    (second) => `<text x="${x(second)}" y="${height - 14}" text-anchor="middle">${second} s</text>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="13" role="img">
<title>Attempts that reach the servers each second after a region with a million clients is lost</title>
<rect width="${width}" height="${height}" fill="#fff"/>
<text x="${left}" y="18">Attempts that reach the servers each second</text>
<line x1="${left}" x2="${width - 20}" y1="${y(perSecond)}" y2="${y(perSecond)}" stroke="#555" stroke-dasharray="3 4"/>
<text x="${width - 20}" y="${y(perSecond) - 6}" text-anchor="end" fill="#555">what they take</text>
${[...paths, ...names, ...scale, ...clock].join('\n')}
</svg>
`
}
