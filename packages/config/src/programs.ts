// Programs that some suites need and npm cannot bring: browsers, Redis, proxies.
//
// A package whose tests need one says so in its `test` script, `node ../config/src/programs.ts chromium && vitest run`,
// and the test asks `requireProgram('chromium')` for the path.

import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'

interface Program {
  /** File names to look for on the PATH, the first that exists wins. */
  readonly names: readonly string[]
  readonly debianPackage: string
  /** An environment variable that names the file, for those who keep it elsewhere. */
  readonly variable: string
}

const programs = {
  chromium: {
    names: ['chromium', 'chromium-browser', 'google-chrome'],
    debianPackage: 'chromium',
    variable: 'CHROMIUM',
  },
  firefox: { names: ['firefox-esr', 'firefox'], debianPackage: 'firefox-esr', variable: 'FIREFOX' },
  'redis-server': {
    names: ['redis-server', 'valkey-server'],
    debianPackage: 'redis-server',
    variable: 'REDIS_SERVER',
  },
  nginx: { names: ['nginx'], debianPackage: 'nginx', variable: 'NGINX' },
  haproxy: { names: ['haproxy'], debianPackage: 'haproxy', variable: 'HAPROXY' },
  openssl: { names: ['openssl'], debianPackage: 'openssl', variable: 'OPENSSL' },
} as const satisfies Record<string, Program>

export type ProgramName = keyof typeof programs

const isCi = (): boolean => process.env.CI === 'true'

/**
 * The path of a program, or `undefined` where it is missing and the suite is to be skipped.
 * With `CI=true` a missing program throws: there nothing is skipped.
 */
export function requireProgram(name: ProgramName): string | undefined {
  const path = findProgram(programs[name])
  if (path === undefined && isCi()) throw new Error(missing(name))
  return path
}

function findProgram({ names, variable }: Program): string | undefined {
  const named = process.env[variable]
  if (named) return named
  // nginx and haproxy stand in sbin, which is not on everybody's PATH.
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin']
  return names.flatMap((file) => folders.map((folder) => join(folder, file))).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function missing(name: ProgramName): string {
  const { debianPackage, variable } = programs[name]
  return `${name} is missing: install it (Debian: apt-get install ${debianPackage}) or name its file in ${variable}.`
}

// flock: several packages may ask at once. policy-rc.d: a package that brings a service must not start it.
const installScript = `
exec 9> /var/lock/wsauth-programs && flock 9
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\\nexit 101\\n' > "$policy" && chmod +x "$policy"
fi
apt_get() { apt-get -q -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 "$@"; }
install() { apt_get install -y --no-install-recommends "$@"; }
install "$@" || { apt_get update && install "$@"; }
`

/** Installs what is missing, where this runs as root on Debian. */
function install(names: readonly ProgramName[]): void {
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return
  const packages = names.map((name) => programs[name].debianPackage)
  console.log(`Installing ${packages.join(', ')} …`)
  spawnSync('bash', ['-c', installScript, 'install', ...packages], {
    // What apt prints belongs beside our own progress, not into a report that is read from standard output.
    stdio: ['ignore', process.stderr, process.stderr],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
  })
}

function isProgramName(name: string): name is ProgramName {
  return Object.hasOwn(programs, name)
}

/** Makes sure of the programs named on the command line; tells which suites will be skipped. */
function main(names: readonly string[]): void {
  const wanted = names.filter(isProgramName)
  if (wanted.length === 0 || wanted.length < names.length) {
    throw new TypeError(`Name some of: ${Object.keys(programs).join(', ')}`)
  }
  const absent = wanted.filter((name) => findProgram(programs[name]) === undefined)
  if (absent.length > 0) install(absent)
  for (const name of wanted) {
    const path = findProgram(programs[name])
    if (path !== undefined) {
      console.log(`${name}: ${path}`)
    } else {
      console.log(`${missing(name)} ${isCi() ? '' : 'The suites that need it are skipped.'}`)
      if (isCi()) process.exitCode = 1
    }
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main(process.argv.slice(2))
