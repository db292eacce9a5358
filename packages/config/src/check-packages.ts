// `pnpm packages`: packs every published package and examines the tarballs, which are what users get.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root, type WorkspacePackage, workspacePackages } from './workspace.ts'

const temporary = mkdtempSync(join(tmpdir(), 'wsauth-packages-'))
let failures = 0
try {
  for (const workspacePackage of workspacePackages()) {
    if (workspacePackage.isPublished) examine(workspacePackage)
  }
} finally {
  rmSync(temporary, { recursive: true })
}
console.log(failures === 0 ? '\nAll packages are in order.' : `\n${failures} checks failed.`)
process.exitCode = failures === 0 ? 0 : 1

function examine({ name, folder }: WorkspacePackage): void {
  console.log(`\n${name}`)
  const destination = mkdtempSync(join(temporary, 'tarball-'))
  if (!run('pnpm', ['pack', '--pack-destination', destination], folder)) return
  const [file] = readdirSync(destination)
  if (file === undefined) throw new Error(`${name}: pnpm pack wrote no tarball`)
  const tarball = join(destination, file)

  run('publint', ['run', tarball, '--strict'], root)
  run('attw', [tarball, '--profile', 'esm-only', '--no-emoji'], root)

  run('tar', ['-xzf', tarball, '-C', destination], root)
  const contents = readdirSync(join(destination, 'package'), { recursive: true, encoding: 'utf8' })
  for (const wanted of ['README.md', 'LICENSE', 'package.json']) {
    if (!contents.includes(wanted)) report(`${wanted} is not in the tarball`)
  }
  for (const path of contents) {
    if (path.startsWith('src') || path.includes('.test.')) report(`${path} does not belong in the tarball`)
  }
  const manifest = readFileSync(join(destination, 'package/package.json'), 'utf8')
  for (const unwanted of ['wsauth:source', 'workspace:']) {
    if (manifest.includes(unwanted)) report(`"${unwanted}" is left in the packed package.json`)
  }
}

function run(command: string, args: string[], cwd: string): boolean {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (status === 0) {
    console.log(`  ${command}: fine`)
    return true
  }
  report(`${command} ${args.join(' ')}\n${stdout}${stderr}`)
  return false
}

function report(problem: string): void {
  failures += 1
  console.log(`  ✗ ${problem}`)
}
