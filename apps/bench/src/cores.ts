import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** The cores that this process may use, as Linux tells; nothing elsewhere. */
function allowedCores(): number[] {
  try {
    const line = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))
    return (line?.[1] ?? '').split(',').flatMap((range) => {
      const [first = Number.NaN, last = first] = range.split('-').map(Number)
      return Number.isNaN(first) ? [] : Array.from({ length: last - first + 1 }, (_, index) => first + index)
    })
  } catch {
    return []
  }
}

const cores: readonly number[] = allowedCores()
const hasTaskset: boolean = cores.length > 1 && spawnSync('taskset', ['--version']).status === 0
const core: Readonly<Record<Role, number>> = { server: cores[0] ?? 0, load: cores[1] ?? 0 }

type Role = 'server' | 'load'

/** A command line that runs on the core of its role, where that can be had. */
export function pinned(role: Role, command: readonly string[]): readonly string[] {
  return hasTaskset ? ['taskset', '-c', String(core[role]), ...command] : command
}

/** Moves this process, with all of its threads, to the load's core. */
export function pinSelf(): void {
  if (hasTaskset) spawnSync('taskset', ['-a', '-c', '-p', String(core.load), String(process.pid)])
}

/** How the work is spread, for the head of the report. */
export const spread: string = hasTaskset
  ? `servers on core ${core.server}, load on core ${core.load}`
  : 'cores not pinned: no taskset here, or one core only'
