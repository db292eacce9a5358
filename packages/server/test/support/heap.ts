import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

/** What is kept of `count` things that are made, in bytes of heap each. */
export function bytesEach(count: number, make: (index: number) => unknown): number {
  const all: unknown[] = []
  collect()
  const before = process.memoryUsage().heapUsed
  for (let index = 0; index < count; index++) all.push(make(index))
  collect()
  return (process.memoryUsage().heapUsed - before) / all.length
}
