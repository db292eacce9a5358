import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import puppeteer, { type Browser } from 'puppeteer-core'

/** Starts a browser that is installed on this machine: Chromium over CDP, Firefox over WebDriver BiDi. */
export function startBrowser(name: 'chromium' | 'firefox', executablePath: string): Promise<Browser> {
  return puppeteer.launch({
    browser: name === 'firefox' ? 'firefox' : 'chrome',
    executablePath,
    headless: true,
    // Firefox waits longer and longer before it dials where it was refused.
    extraPrefsFirefox: { 'network.websocket.delay-failed-reconnects': false },
    args: name === 'firefox' ? [] : ['--no-sandbox', '--disable-gpu'],
  })
}

/** `page.ts` and all that it stands on (wsauth as it is published, from `dist`), as a script that leaves its exports in the global `page`. */
export async function pageScript(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('./page.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'page',
    platform: 'browser',
  })
  return outputFiles[0]?.text ?? ''
}
