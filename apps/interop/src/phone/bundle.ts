import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire, findPackageJSON } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { transformAsync } from '@babel/core'
import { build, type Plugin, transform } from 'esbuild'

const { resolve } = createRequire(import.meta.url)
const reactNative: string = dirname(resolve('react-native/package.json'))

export type Platform = 'android' | 'ios'

/**
 * Bundles a module for a phone: one script that leaves its exports in the global `app`.
 *
 * Metro is not used. What it decides is repeated here: React Native's own Babel preset over every file (Flow
 * stripped, classes and async functions lowered for a Hermes that has neither), `.android.js` before `.js`,
 * the `react-native` condition, and the redirections of packages. wsauth is taken as it is published, from `dist`.
 */
export async function bundleForPhone(entry: string, platform: Platform): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'app',
    platform: 'neutral',
    target: 'es2018',
    conditions: ['react-native'],
    mainFields: ['react-native', 'browser', 'module', 'main'],
    resolveExtensions: [`.${platform}.js`, '.native.js', '.js', '.ts', '.json'],
    // Hermes has `globalThis` only; React Native names the same object `global`.
    define: { global: 'globalThis', __DEV__: 'false', 'process.env.NODE_ENV': '"production"' },
    plugins: [reactNativeFiles, redirections, presetOfReactNative],
    logLevel: 'silent',
  })
  // Once more, for what esbuild itself wrote: Hermes 0.12 shares one `let` among all turns of a loop.
  return lowered(outputFiles[0]?.text ?? '', 'bundle.js')
}

/** `#react-native/…` is a file of the package, past its `exports`: those are an application's, not a phone's. */
const reactNativeFiles: Plugin = {
  name: 'react-native-files',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^#react-native\// }, ({ path, kind }) =>
      resolve(`./${path.slice('#react-native/'.length)}`, { resolveDir: reactNative, kind }),
    )
  },
}

/** What a package asks to be taken instead of its own files: `react-native` over `browser`, both heeded (metro-resolver). */
const redirections: Plugin = {
  name: 'redirections',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.?\// }, ({ path, importer }) => {
      const target = join(dirname(importer), path)
      const manifest = findPackageJSON(pathToFileURL(importer))
      if (!manifest) return null
      const { browser, 'react-native': native } = JSON.parse(readFileSync(manifest, 'utf8'))
      const replacements = { ...asMap(browser), ...asMap(native) }
      const replacement = replacements[`./${relative(dirname(manifest), target)}`]
      return replacement ? { path: join(dirname(manifest), replacement) } : null
    })
  },
}

const asMap = (field: unknown): Record<string, string> => (typeof field === 'object' ? { ...field } : {})

const presetOfReactNative: Plugin = {
  name: 'preset-of-react-native',
  setup({ onLoad }) {
    onLoad({ filter: /\.(?:[cm]?js|ts)$/ }, async ({ path }) => ({
      contents: await lowered(await javascriptOf(path), path),
      loader: 'js',
    }))
  },
}

async function lowered(source: string, filename: string): Promise<string> {
  // esbuild joins the modules; the profile of today's Hermes would leave classes as they are.
  const options = {
    dev: false,
    disableImportExportTransform: true,
    enableBabelRuntime: false,
    unstable_transformProfile: 'default',
  }
  const presets = [[resolve('@react-native/babel-preset'), options]]
  const result = await transformAsync(source, { filename, presets, configFile: false, babelrc: false })
  return result?.code ?? ''
}

/** Our sources as they are published: types taken away, as `tsc` does. */
async function javascriptOf(path: string): Promise<string> {
  const text = await readFile(path, 'utf8')
  return path.endsWith('.ts') ? (await transform(text, { loader: 'ts', target: 'es2022' })).code : text
}
