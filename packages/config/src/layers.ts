// The layers of STYLE: what may import what. Imports point down; neighbours in a layer meet through port files.
//
// Paths are written without `src/`: `server/methods/header.ts` is packages/server/src/methods/header.ts.

import { dirname, join } from 'node:path/posix'

interface Layer {
  readonly name: string
  /** A folder ends in `/`. Of several places that fit, the longest counts. */
  readonly places: readonly string[]
}

/** From the bottom up. */
const layers: readonly Layer[] = [
  { name: 'wire', places: ['protocol/wire/', 'protocol/ports/'] },
  { name: 'machines', places: ['protocol/handshake/'] },
  {
    name: 'policies',
    places: [
      'client/methods/',
      'server/methods/',
      'server/verifiers/',
      'server/tickets/',
      'server/stores/',
      'server/limiters/',
      // What policies decide about, and are made from: plain values, so ports to all of them.
      'server/awaitable.ts',
      'server/http-fields.ts',
      'server/option-checks.ts',
      'server/origin.ts',
      'server/principal.ts',
      'server/upgrade-request.ts',
    ],
  },
  { name: 'drivers', places: ['client/', 'server/'] },
  { name: 'edges', places: ['client/sockets/', 'server/sockets/', 'redis/', 'react/'] },
  // Nothing that ships stands on these: a package's list of public names, and what tests of other people import.
  {
    name: 'entries',
    places: ['protocol/', 'protocol/testing/', 'server/testing/', 'server/index.ts', 'client/index.ts'],
  },
]

/** How neighbours in one layer may see each other: the name of a port file says what is needed, not who does it. */
const portFile: RegExp =
  /^server\/(awaitable|http-fields|option-checks|origin|principal|upgrade-request)\.ts$|\/(method|verifier|limiter|[a-z]+-store)\.ts$/

/** Libraries that are known to few files. */
const libraries: Readonly<Record<string, readonly string[]>> = {
  jose: ['server/verifiers/'],
  ws: ['server/sockets/ws'],
  eventemitter3: ['client/client.ts'],
  'isomorphic-ws': ['client/sockets/isomorphic.ts'],
}

/** The packages, each of which may import those before it. */
const packages: readonly string[] = ['protocol', 'client', 'server', 'redis', 'react']

/** What is wrong with the imports of one source file, each import named. */
export function violations(path: string, source: string): string[] {
  return importsOf(source).flatMap((specifier) => {
    const complaint = complaintAbout(path, specifier)
    return complaint === undefined ? [] : [`${path} imports ${specifier}: ${complaint}`]
  })
}

function complaintAbout(path: string, specifier: string): string | undefined {
  // `#socket` and its like are handed in by the exports map, so nobody points up by naming them.
  if (specifier.startsWith('#')) return undefined
  if (specifier.startsWith('.')) return complaintAboutFile(path, join(dirname(path), specifier))
  return complaintAboutPackage(path, specifier)
}

function complaintAboutFile(path: string, target: string): string | undefined {
  if (packageOf(path) !== packageOf(target)) return 'a package is imported by its name'
  const from = layerOf(path)
  const to = layerOf(target)
  if (to.rank > from.rank) return `${from.name} may not import ${to.name}, which stand above them`
  // Policies have a folder for each kind of decision, and one kind knows nothing of another.
  const areNeighbours =
    from.name === 'policies' && to.name === 'policies' && dirname(path) !== dirname(target)
  if (areNeighbours && !portFile.test(target)) return 'neighbours meet through a port file'
  return undefined
}

function complaintAboutPackage(path: string, specifier: string): string | undefined {
  const own = packageOf(path)
  const [scope, name] = specifier.split('/')
  if (scope === '@wsauth') {
    const isBelow =
      packages.indexOf(name ?? '') < packages.indexOf(own) && !(own === 'server' && name === 'client')
    return isBelow ? undefined : `${own} does not stand on ${name}`
  }
  if (own === 'protocol') return 'protocol imports nothing outside itself'
  const library = specifier.startsWith('@') ? `${scope}/${name}` : (scope ?? '')
  const places = libraries[library]
  if (places === undefined || places.some((place) => path.startsWith(place))) return undefined
  return `${library} is known to ${places.join(', ')} only`
}

function packageOf(path: string): string {
  return path.split('/')[0] ?? ''
}

function layerOf(path: string): { name: string; rank: number } {
  const [best] = layers
    .flatMap(({ name, places }, rank) => places.map((place) => ({ name, rank, place })))
    .filter(({ place }) => path.startsWith(place))
    .sort((a, b) => b.place.length - a.place.length)
  if (best === undefined) throw new Error(`${path} belongs to no layer; give it a place in layers.ts`)
  return best
}

/** The specifiers of `import … from`, `export … from`, `import '…'` and `import('…')`. */
function importsOf(source: string): string[] {
  const statements = source.matchAll(/^(?:import|export)\b(?:[^'";=]*\bfrom)?\s*['"]([^'"]+)['"]/gm)
  const calls = source.matchAll(/\bimport\(\s*['"]([^'"]+)['"]/g)
  return [...statements, ...calls].flatMap(([, specifier]) => specifier ?? [])
}
