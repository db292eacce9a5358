import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { bundleForPhone } from '../phone/bundle.ts'

const folders: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'linux64-bin',
  darwin: 'osx-bin',
  win32: 'win64-bin',
}
const nearby = (file: string): string => fileURLToPath(new URL(file, import.meta.url))

/**
 * Runs a script in the Hermes VM and gives what it printed, line by line.
 *
 * Before it run `globals.js`, with what native code installs on a phone, and the bundle of `app.ts`, whose exports the
 * script finds in `app`. Hermes 0.12 is the last whose VM is on npm; later ones know more of the language, not less.
 */
export async function runInHermes(script: string): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'hermes-'))
  try {
    bundle ??= bundleForPhone(nearby('./app.ts'), 'android')
    const file = join(folder, 'script.js')
    await writeFile(
      file,
      [await readFile(nearby('./globals.js'), 'utf8'), await bundle, script].join('\n;\n'),
    )
    const { stdout } = await promisify(execFile)(hermes(), ['-w', '-O0', file], { timeout: 60_000 })
    return stdout.split('\n').filter((line) => line !== '')
  } finally {
    await rm(folder, { recursive: true })
  }
}

let bundle: Promise<string> | undefined

function hermes(): string {
  const cli = dirname(createRequire(import.meta.url).resolve('hermes-engine-cli/package.json'))
  return join(cli, folders[process.platform] ?? 'linux64-bin', 'hermes')
}
