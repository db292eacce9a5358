import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { transformAsync } from '@babel/core'
import { build, type Plugin } from 'esbuild'

const { resolve } = createRequire(import.meta.url)
const reactNative: string = dirname(resolve('react-native/package.json'))

export type Platform = 'android' | 'ios'

/**
 * Bundles a module for a phone: one script that leaves its exports in the global `app`.
 *
 * Metro is not used. What it decides is repeated here: React Native's own Babel preset over every file (Flow and
 * TypeScript stripped, classes and async functions lowered for a Hermes that has neither), `.android.js` before `.js`,
 * the `react-native` condition and the `browser` field of packages.
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
    conditions: ['wsauth:source', 'react-native', 'import'],
    mainFields: ['react-native', 'browser', 'module', 'main'],
    resolveExtensions: [`.${platform}.js`, '.native.js', '.js', '.ts', '.json'],
    // Hermes has `globalThis` only; React Native names the same object `global`.
    define: { global: 'globalThis', __DEV__: 'false', 'process.env.NODE_ENV': '"production"' },
    plugins: [reactNativeFiles, presetOfReactNative],
    logLevel: 'silent',
  })
  return outputFiles[0]?.text ?? ''
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

const presetOfReactNative: Plugin = {
  name: 'preset-of-react-native',
  setup({ onLoad }) {
    onLoad({ filter: /\.(?:[cm]?js|ts)$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8')
      const result = await transformAsync(source, {
        filename: path,
        configFile: false,
        babelrc: false,
        presets: [
          [
            resolve('@react-native/babel-preset'),
            // esbuild joins the modules; the profile of today's Hermes would leave classes as they are.
            {
              dev: false,
              disableImportExportTransform: true,
              enableBabelRuntime: false,
              unstable_transformProfile: 'default',
            },
          ],
        ],
      })
      return { contents: result?.code ?? '', loader: 'js' }
    })
  },
}
