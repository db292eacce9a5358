import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { requireProgram } from '../../../packages/config/src/programs.ts'

export const executablePath: string | undefined = requireProgram('chromium')

const screenshots = fileURLToPath(new URL('../screenshots/', import.meta.url))
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export interface Person {
  readonly context: BrowserContext
  readonly page: Page
  /** What the page complained about in its console. */
  readonly complaints: string[]
  close(): Promise<void>
}

/** A browser of its own, as a new person would bring: nothing in it is shared with another. */
export async function newPerson(
  options: Parameters<typeof chromium.launchPersistentContext>[1] = {},
): Promise<Person> {
  const folder = mkdtempSync(join(tmpdir(), 'wsauth-demo-'))
  const context = await chromium.launchPersistentContext(folder, {
    ...(executablePath === undefined ? {} : { executablePath }),
    args,
    viewport: { width: 1440, height: 900 },
    colorScheme: 'light',
    ...options,
  })
  context.setDefaultTimeout(20_000)
  const complaints: string[] = []
  context.on('weberror', (error) => complaints.push(String(error.error())))
  context.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  return {
    context,
    page: context.pages()[0] ?? (await context.newPage()),
    complaints,
    close: async () => {
      await context.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Makes an account on the page, as its user would, and waits until the socket is authenticated. */
export async function signUp(page: Page, url: string, name: string): Promise<void> {
  await page.goto(url)
  await page.getByRole('radio', { name: 'Create account' }).check()
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('Password').fill('correct horse battery')
  await page.getByRole('button', { name: 'Create account' }).click()
  await isOpen(page)
}

export async function isOpen(page: Page): Promise<void> {
  await page.locator('#pill[data-state="open"]').waitFor()
}

export async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel('Message', { exact: true }).fill(text)
  await page.getByRole('button', { name: 'Send' }).click()
}

/** Waits for a message that the room has said. */
export async function hears(page: Page, text: string): Promise<void> {
  await page.locator('.said:not(.waiting)', { hasText: text }).waitFor()
}

export async function keepScreenshot(page: Page, name: string, fullPage = false): Promise<void> {
  mkdirSync(screenshots, { recursive: true })
  await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage, animations: 'disabled' })
}
