import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Browser, Page } from 'puppeteer-core'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { requireProgram } from '../../../../packages/config/src/programs.ts'
import { pageScript, startBrowser } from '../../src/browsers/browser.ts'
import type * as pageModule from '../../src/browsers/page.ts'
import { eventually } from '../../src/eventually.ts'
import { signToken } from '../../src/stack.ts'
import { type OpenHouse, startOpenHouse } from '../../src/ways-in.ts'

// Inside `evaluate`: what page.ts exports, in the browser.
declare const page: typeof pageModule

const program = requireProgram('chromium')
let browser: Browser
let house: OpenHouse
let script = ''
/** How long the tokens of this test live, in seconds. */
let lifeS = 300
/** When a token was asked for, and when a connection began. */
const asked: number[] = []
const upgrades: number[] = []
let refreshed = 0
const tabs: Page[] = []

beforeAll(async () => {
  if (!program) return
  script = await pageScript()
  house = await startOpenHouse({ auth: (port) => ({ origins: [`http://localhost:${port}`] }), serve })
  house.server.prependListener('upgrade', () => upgrades.push(performance.now()))
  house.wss.on('auth_refresh', () => refreshed++)
  browser = await startBrowser('chromium', program)
})

afterEach(async () => {
  await Promise.all(tabs.splice(0).map((tab) => tab.close()))
  asked.length = upgrades.length = refreshed = 0
})

afterAll(async () => {
  await browser?.close()
  await house?.close()
})

it.runIf(program)(
  'eight tabs, one expiry: the provider is asked once, and eight sockets live on',
  async () => {
    await openTabs(8)
    lifeS = 8
    // Everybody has a token that ends in a while; the first connections asked for one each.
    await Promise.all(tabs.map((tab) => tab.evaluate((given) => page.stay(given), given())))
    lifeS = 300
    asked.length = 0
    const connections = upgrades.length

    await eventually(() => expect(refreshed).toBe(8))
    expect(asked).toHaveLength(1)
    expect(house.wss.clients.size).toBe(8)
    expect(upgrades).toHaveLength(connections)
    for (const tab of tabs) expect(await look(tab)).toMatchObject({ state: 'open', refreshes: 1, dials: 1 })
  },
  40_000,
)

it.runIf(program)(
  'a page whose clock is a day wrong refreshes when a right one does',
  async () => {
    lifeS = 5
    for (const [user, dayMs] of [
      ['early', -86_400_000],
      ['right', 0],
      ['late', 86_400_000],
    ] as const) {
      const [tab] = await openTabs(1, dayMs)
      await tab?.evaluate((given) => page.stay(given), given(1, user))
    }
    lifeS = 300
    await eventually(() => expect(refreshed).toBe(3))
    for (const tab of tabs) expect(await look(tab)).toMatchObject({ state: 'open', refreshes: 1, dials: 1 })
  },
  40_000,
)

it.runIf(program)(
  'offline for two minutes, and back without a storm',
  async () => {
    const timesFaster = 20
    await openTabs(8)
    await Promise.all(tabs.map((tab) => tab.evaluate((given) => page.stay(given), given(timesFaster))))
    await Promise.all(tabs.map((tab) => tab.setOfflineMode(true)))
    for (const socket of house.wss.clients) socket.terminate()
    const before = upgrades.length

    // Two minutes of the pages' clocks.
    await new Promise((resolve) => setTimeout(resolve, 120_000 / timesFaster))
    for (const tab of tabs) {
      const { state, dials } = await look(tab)
      expect(state).not.toBe('open')
      // The first connection, then by full jitter up to 30 s apart: never a loop.
      expect(dials).toBeLessThan(40)
    }
    expect(upgrades).toHaveLength(before)

    await Promise.all(tabs.map((tab) => tab.setOfflineMode(false)))
    await eventually(() => expect(house.wss.clients.size).toBe(8))
    // Each came once, and they did not come together.
    const back = upgrades.slice(before)
    expect(back).toHaveLength(8)
    expect(Math.max(...back) - Math.min(...back)).toBeGreaterThan(0)
    for (const tab of tabs) expect(await look(tab)).toMatchObject({ state: 'open' })
  },
  60_000,
)

function given(timesFaster = 1, user = 'ada'): pageModule.Stay {
  const site = `localhost:${house.port}`
  return { url: `ws://${site}/ws`, tokenUrl: `http://${site}/token?${user}`, timesFaster }
}

function look(tab: Page): Promise<pageModule.Stayed> {
  return tab.evaluate(() => page.stayed())
}

/** Tabs of one browser; with `wrongByMs` their wall clock is wrong by that. */
async function openTabs(count: number, wrongByMs = 0): Promise<Page[]> {
  const opened: Page[] = []
  for (let i = 0; i < count; i++) {
    const tab = await browser.newPage()
    await tab.evaluateOnNewDocument((wrongByMs) => {
      const now = Date.now
      Date.now = () => now() + wrongByMs
    }, wrongByMs)
    await tab.goto(`http://localhost:${house.port}/`)
    opened.push(tab)
  }
  tabs.push(...opened)
  return opened
}

function serve({ url = '' }: IncomingMessage, response: ServerResponse): void {
  const [path, user = ''] = url.split('?')
  if (path !== '/token') {
    response.setHeader('Content-Type', 'text/html')
    response.end(`<!doctype html><title>tab</title><script>${script}</script>`)
    return
  }
  asked.push(performance.now())
  response.end(signToken(user, { expiresIn: lifeS, jwtid: `${asked.length}` }))
}
