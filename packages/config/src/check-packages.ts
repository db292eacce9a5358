// `pnpm packages`: packs every published package and examines the tarballs, which are what users get.

import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { root, type WorkspacePackage, workspacePackages } from './workspace.ts'

interface Manifest {
  readonly name: string
  /** For bundlers that do not read `exports`: Parcel, and Metro before React Native 0.79. */
  readonly main?: string
  readonly types?: string
  readonly exports: Readonly<Record<string, unknown>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly engines?: { readonly node?: string }
}

/** The oldest Node that the packages promise; npm warns, and others refuse, where a dependency asks for a newer one. */
const oldestNode = 20

const published = workspacePackages().filter(({ isPublished }) => isPublished)
/** A project of somebody else: the tarballs unpacked where an install would put them. */
const project = mkdtempSync(join(tmpdir(), 'wsauth-packages-'))
let failures = 0

try {
  for (const workspacePackage of published) unpackAndExamine(workspacePackage)
  console.log('\nUsed by a project that has nothing but the tarballs')
  writeProject()
  run('node', ['index.js'], project)
  writeConsumers()
  checkTypes('the newest compiler, in Node', 'typescript', { module: 'nodenext', types: ['node'] }, [
    'index.ts',
    'client.ts',
    'server.ts',
    'server.cts',
  ])
  checkTypes(
    'the newest compiler, in a browser',
    'typescript',
    { module: 'esnext', moduleResolution: 'bundler', lib: ['es2022', 'dom', 'dom.iterable'], types: [] },
    ['client.ts'],
  )
  // Node's types before those of Node 23 know of no `CloseEvent`.
  link('@types/node', join(root, 'node_modules/types-of-oldest-node'))
  checkTypes('the oldest compiler, with the types of Node 20', 'oldest-typescript', { module: 'nodenext' }, [
    'index.ts',
    'client.ts',
    'server.ts',
  ])
} finally {
  rmSync(project, { recursive: true })
}
console.log(failures === 0 ? '\nAll packages are in order.' : `\n${failures} checks failed.`)
process.exitCode = failures === 0 ? 0 : 1

function unpackAndExamine({ name, folder }: WorkspacePackage): void {
  console.log(`\n${name}`)
  const destination = mkdtempSync(join(project, 'tarball-'))
  if (!run('pnpm', ['pack', '--pack-destination', destination], folder)) return
  const [file] = readdirSync(destination)
  if (file === undefined) throw new Error(`${name}: pnpm pack wrote no tarball`)
  const tarball = join(destination, file)

  run('publint', ['run', tarball, '--strict'], root)
  run('attw', [tarball, '--profile', 'esm-only', '--no-emoji'], root)

  const unpacked = unpackedFolder(name)
  mkdirSync(unpacked, { recursive: true })
  run('tar', ['-xzf', tarball, '-C', unpacked, '--strip-components=1'], root)
  const contents = readdirSync(unpacked, { recursive: true, encoding: 'utf8' })
  for (const wanted of ['README.md', 'LICENSE', 'package.json']) {
    if (!contents.includes(wanted)) report(`${wanted} is not in the tarball`)
  }
  for (const path of contents) {
    if (path.startsWith('src') || path.includes('.test.')) report(`${path} does not belong in the tarball`)
  }
  const manifest = readFileSync(join(unpacked, 'package.json'), 'utf8')
  for (const unwanted of ['wsauth:source', 'workspace:']) {
    if (manifest.includes(unwanted)) report(`"${unwanted}" is left in the packed package.json`)
  }
  const { main, types, exports } = readManifest(unpacked)
  if (JSON.stringify({ types, default: main }) !== JSON.stringify(exports['.'])) {
    report('`main` and `types` are not those of `exports`')
  }
}

/** Imports every entry of every package, strictly typed, declarations included. */
function writeProject(): void {
  const imports = published.flatMap(({ name, folder }) => {
    const { exports, dependencies } = readManifest(unpackedFolder(name))
    for (const dependency of Object.keys(dependencies ?? {})) {
      link(dependency, join(folder, 'node_modules', dependency))
    }
    return Object.keys(exports)
      .filter((entry) => !entry.endsWith('.json'))
      .map((entry) => `import '${join(name, entry)}'\n`)
  })
  // Declarations of ws and of Node are found the way an install puts them.
  link('@types/node', join(root, 'node_modules/@types/node'))
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(project, 'index.js'), imports.join(''))
  writeFileSync(join(project, 'index.ts'), imports.map((line, n) => asNamespace(line, n)).join(''))
}

/** What users write: that of the server once more as CommonJS, whose `ws` has types of its own. */
function writeConsumers(): void {
  for (const [source, copy] of [
    ['client.ts', 'client.ts'],
    ['server.ts', 'server.ts'],
    ['server.ts', 'server.cts'],
  ] as const) {
    copyFileSync(join(root, 'packages/config/consumers', source), join(project, copy))
  }
}

/** Declarations are checked along, those of others included, without those of a browser unless `options` brings them. */
function checkTypes(as: string, compiler: string, options: object, files: string[]): void {
  const compilerOptions = {
    target: 'es2022',
    lib: ['es2022'],
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    preserveSymlinks: true,
    declaration: true,
    noEmit: true,
    ...options,
  }
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
  run('node', [join(root, 'node_modules', compiler, 'bin/tsc'), '-p', '.'], project, as)
}

/** `import 'x'` alone asks the compiler for nothing. */
function asNamespace(line: string, n: number): string {
  return `export * as entry${n} from ${line.slice('import '.length)}`
}

/** Takes a dependency from where the workspace has it, unless it is one of the tarballs; and what its types need. */
function link(dependency: string, folder: string): void {
  if (published.some(({ name }) => name === dependency)) return
  const path = unpackedFolder(dependency)
  mkdirSync(dirname(path), { recursive: true })
  rmSync(path, { force: true })
  symlinkSync(folder, path)
  const { engines, dependencies = {} } = readManifest(path)
  if (dependency === '@types/node') {
    for (const name of Object.keys(dependencies)) link(name, join(realpathSync(folder), '../..', name))
  }
  const needed = Number(/^>=? ?v?(\d+)/.exec(engines?.node ?? '')?.[1] ?? 0)
  if (needed > oldestNode) report(`${dependency} needs Node ${engines?.node}`)
}

function unpackedFolder(name: string): string {
  return join(project, 'node_modules', name)
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}

function run(command: string, args: string[], cwd: string, as: string = command): boolean {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (status === 0) {
    console.log(`  ${as}: fine`)
    return true
  }
  report(`${as}: ${command} ${args.join(' ')}\n${stdout}${stderr}`)
  return false
}

function report(problem: string): void {
  failures += 1
  console.log(`  ✗ ${problem}`)
}
