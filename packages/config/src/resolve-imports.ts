// Run in a package after `tsc`: `#name` of the package's `imports` becomes a path in dist/, since React Native's
// bundler knows no `imports`. What differs by runtime is then told by the fields `browser` and `react-native`.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path/posix'

const manifest: { readonly imports?: Readonly<Record<string, string>> } = JSON.parse(
  readFileSync('package.json', 'utf8'),
)
const targets = new Map(
  Object.entries(manifest.imports ?? {}).map(([name, source]) => [
    name,
    source.replace('./src/', 'dist/').replace(/\.ts$/, '.js'),
  ]),
)

for (const file of readdirSync('dist', { recursive: true, encoding: 'utf8' })) {
  if (!/\.(js|d\.ts)$/.test(file)) continue
  const path = join('dist', file)
  const before = readFileSync(path, 'utf8')
  const after = before.replace(/(\bfrom |\bimport )(['"])(#[^'"]+)\2/g, (whole, keyword, quote, name) => {
    const target = targets.get(name)
    if (target === undefined) throw new Error(`${path} imports ${name}, which package.json does not name`)
    return whole && `${keyword}${quote}./${relative(dirname(path), target)}${quote}`
  })
  if (after !== before) writeFileSync(path, after)
}
