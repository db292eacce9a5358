import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import { type Running, start } from './run.ts'
import { requireRuntime } from './runtimes.ts'

/** How a Worker is bundled. */
export type Bundler = 'wrangler' | 'vite'

/**
 * Serves `programs/worker.js` with workerd, the runtime of Cloudflare Workers; says `{"event":"listen",…,"port":…}`.
 *
 * Bundled as wrangler does: for a browser, with conditions of its own, so that the field `browser` of a package.json holds;
 * or as Cloudflare's plugin for Vite does: with the same conditions, but without that field.
 */
export async function serveWorker(folder: string, bundler: Bundler): Promise<Running> {
  await build({
    entryPoints: [join(import.meta.dirname, 'programs/worker.js')],
    outfile: join(folder, 'worker.js'),
    bundle: true,
    format: 'esm',
    platform: bundler === 'vite' ? 'neutral' : 'browser',
    mainFields: bundler === 'vite' ? ['module', 'main'] : ['browser', 'module', 'main'],
    conditions: ['workerd', 'worker', 'browser'],
    logLevel: 'error',
  })
  await writeFile(join(folder, 'config.capnp'), config)
  return start(
    requireRuntime('workerd') ?? 'workerd',
    ['serve', join(folder, 'config.capnp'), '--control-fd=1'],
    {},
  )
}

/** A Worker that may call this machine, which workerd forbids by default. */
const config = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "network", network = (allow = ["private", "public"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.js")],
  compatibilityDate = "2026-10-01",
  globalOutbound = "network",
);
`
