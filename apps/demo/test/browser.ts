import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BrowserContext, chromium, type Locator, type Page } from 'playwright-core'
import { requireProgram } from '../../../packages/config/src/programs.ts'

export const executablePath: string | undefined = requireProgram('chromium')

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
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

/** A picture of the page, or of a part of it. */
export async function keepScreenshot(what: Page | Locator, name: string): Promise<void> {
  mkdirSync(screenshots, { recursive: true })
  await what.screenshot({ path: join(screenshots, `${name}.png`), animations: 'disabled' })
}

/** What axe-core finds wrong with the page for people who cannot see, hear or use a mouse. */
export async function faults({ page }: Person): Promise<unknown[]> {
  await page.evaluate(axe)
  return page.evaluate(async () => {
    const { violations } = await (
      globalThis as unknown as Window & { axe: typeof import('axe-core') }
    ).axe.run()
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
  })
}

const liveRegions = '[role="status"], [role="alert"], [role="log"], output'

/** Notes from now on what a screen reader would read out by itself: each text that comes into a live region. */
export async function readAloud({ page }: Person): Promise<() => Promise<string[]>> {
  const heard = await page.evaluateHandle((regions) => {
    const texts: string[] = []
    const observer = new MutationObserver((changes) => {
      const added = changes.flatMap(({ addedNodes }) => [...addedNodes])
      texts.push(...added.map(({ textContent }) => textContent ?? '').filter((text) => text !== ''))
    })
    for (const region of document.querySelectorAll(regions))
      observer.observe(region, { childList: true, subtree: true })
    return texts
  }, liveRegions)
  return () => heard.evaluate((texts) => texts.splice(0))
}

/** What a finger would miss: anything to press that is less than 44 pixels high (WCAG 2.5.5), links in a text apart. */
export function tooSmall({ page }: Person): Promise<string[]> {
  return page.evaluate(() =>
    [
      ...document.querySelectorAll<HTMLElement>(
        'button, summary, label:has(input), nav a, #say, #name, #password',
      ),
    ]
      .filter((element) => element.checkVisibility() && element.getBoundingClientRect().height < 44)
      .map((element) => element.outerHTML),
  )
}

/** True where nothing covers it and it is on the screen. */
export function inSight(what: Locator): Promise<boolean> {
  return what.evaluate((element) => {
    const { x, y, width, height } = element.getBoundingClientRect()
    return document.elementFromPoint(x + width / 2, y + height / 2) === element
  })
}

/** How many pixels are out of sight to the right. */
export function overflow({ page }: Person): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
}
