import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** Runtimes other than the Node that the tests themselves run in; versions stand in runtimes/package.json. */
export type RuntimeName = 'node-20' | 'node-22' | 'node-24' | 'node-26' | 'bun' | 'deno' | 'workerd'

const { arch, platform } = process
const target = `${platform}-${arch}`

/** Where the packages of npm have the program: in a package for the platform, which the one of that name depends on. */
const files: Readonly<Record<Exclude<RuntimeName, 'node-24'>, readonly [from: string, file: string]>> = {
  'node-20': ['', `node-20-${target}/bin/node`],
  'node-22': ['', `node-22-${target}/bin/node`],
  'node-26': ['', `node-26-${target}/bin/node`],
  bun: ['bun', `@oven/bun-${target.replace('arm64', 'aarch64')}/bin/bun`],
  deno: ['deno', `@deno/${target}${platform === 'linux' ? '-glibc' : ''}/deno`],
  workerd: ['workerd', `@cloudflare/workerd-${target.replace('x64', '64')}/bin/workerd`],
}

/**
 * The path of a runtime's program, or `undefined` where it is not installed and its tests are to be skipped.
 * With `CI=true` a missing one throws: there nothing is skipped.
 */
export function requireRuntime(name: RuntimeName): string | undefined {
  // The toolchain's own.
  if (name === 'node-24') return process.execPath
  const variable = name.toUpperCase().replace('-', '_')
  const path = process.env[variable] || find(...files[name])
  if (path === undefined && process.env.CI === 'true') {
    throw new Error(
      `${name} is missing: pnpm --dir apps/interop/runtimes install, or name its file in ${variable}`,
    )
  }
  return path
}

function find(from: string, file: string): string | undefined {
  const folder = join(import.meta.dirname, '../../runtimes')
  try {
    const installed = createRequire(join(folder, 'package.json'))
    const path = from === '' ? join(folder, 'node_modules', file) : beside(installed, from, file)
    return existsSync(path) ? path : undefined
  } catch {
    return undefined
  }
}

/** A dependency of a package stands in the `node_modules` that the package is in. */
function beside(installed: NodeJS.Require, from: string, file: string): string {
  return join(dirname(dirname(installed.resolve(`${from}/package.json`))), file)
}
