import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Browser, Page } from 'puppeteer-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { requireProgram } from '../../../packages/config/src/programs.ts'
import { pageScript, startBrowser } from '../src/browsers/browser.ts'
import type * as pageModule from '../src/browsers/page.ts'
import { signToken } from '../src/stack.ts'
import { type OpenHouse, startOpenHouse, type Way } from '../src/ways-in.ts'

// Inside `evaluate`: what page.ts exports, in the browser.
declare const page: typeof pageModule

// Names under `localhost` are loopback to every browser, and none of them is the top of a site to cookies.
const app = 'app.site.localhost'
const sibling = 'evil.site.localhost'
const foreign = 'foreign.localhost'

const good = signToken('ada')
const bad = signToken('ada', { algorithm: 'HS384' })

describe.each(['chromium', 'firefox'] as const)('in %s', (name) => {
  const program = requireProgram(name)

  describe.skipIf(!program)('a page', () => {
    let browser: Browser
    let house: OpenHouse
    /** For bare tokens: they offer no `wsauth.v1`, and a browser shows nothing of an HTTP answer. */
    let closing: OpenHouse
    /** Every upgrade request since the test began: what the browser sent with it. */
    const upgrades: { origin: string | undefined; withCookie: boolean }[] = []

    beforeAll(async () => {
      const script = await pageScript()
      const limits = { failuresPerSubject: 1_000 }
      house = await startOpenHouse({
        auth: (port) => ({ origins: [`http://${app}:${port}`], limits }),
        serve: (request, response) => serve(script, request, response),
      })
      const origins = [`http://${app}:${house.port}`]
      closing = await startOpenHouse({ auth: () => ({ origins, limits, reject: 'close' }) })
      for (const { server } of [house, closing]) {
        server.prependListener('upgrade', ({ headers }: IncomingMessage) => {
          upgrades.push({ origin: headers.origin, withCookie: /session=/.test(headers.cookie ?? '') })
        })
      }
      browser = await startBrowser(name, program ?? '')
    })
    beforeEach(() => {
      upgrades.length = 0
    })
    afterAll(async () => {
      await browser?.close()
      await house?.close()
      await closing?.close()
    })

    const site = (host: string, path = '/'): string => `http://${host}:${house.port}${path}`

    /** A tab of that site, signed in there where a session is given. */
    async function openTab(host: string, session?: string): Promise<Page> {
      const tab = await browser.newPage()
      await tab.goto(site(host, session === undefined ? '/sign-out' : `/sign-in?${session}`))
      return tab
    }

    const socketUrl = (way?: Way): string => `ws://${app}:${way === 'bare' ? closing.port : house.port}/ws`
    const visitBy = (way: Way, token: string): pageModule.Visit => ({
      way,
      token,
      url: socketUrl(way),
      ticketUrl: site(app, '/ticket'),
    })
    const visit = (tab: Page, way: Way, token: string): Promise<pageModule.Outcome> =>
      tab.evaluate((given) => page.visit(given), visitBy(way, token))

    const ways = ['firstMessage', 'query', 'subprotocol', 'bare', 'ticket', 'cookie'] as const

    it.each(ways)('gets in by %s', async (way) => {
      const tab = await openTab(app, way === 'cookie' ? good : undefined)
      expect(await visit(tab, way, good)).toMatchObject({ state: 'open', message: 'hello ada', closes: [] })
      await tab.close()
    })

    it.each(ways)('is told to refresh when refused by %s, and does not loop', async (way) => {
      const tab = await openTab(app, way === 'cookie' ? bad : undefined)
      const outcome = await visit(tab, way, bad)
      // Then the provider is asked, has nothing but the same token, and that is the end.
      expect(outcome).toMatchObject({
        state: 'closed',
        closes: [{ code: 4001, action: 'refresh' }, { action: 'stop' }],
        asked: way === 'cookie' ? 0 : 2,
      })
      // A ticket is refused where it is asked for. A cookie is nobody's to compare: it gets a second chance, and no more.
      expect(upgrades.length).toBe({ ticket: 0, cookie: 2 }[way as string] ?? 1)
      await tab.close()
    })

    it.each(ways)('sees the class close, once, when refused by %s', async (way) => {
      const tab = await openTab(app, way === 'cookie' ? bad : undefined)
      const events = await tab.evaluate((given) => page.visitWithClass(given), visitBy(way, bad))
      // What is sent without `wsauth.v1` is open with the 101: then the close is all there is to see.
      expect(events).toEqual([way === 'bare' ? 'open' : 'error', 'close 4001'])
      expect(upgrades.length).toBe(way === 'ticket' ? 0 : 1)
      await tab.close()
    })

    it('learns at once that header() cannot work there', async () => {
      const tab = await openTab(app)
      expect(await visit(tab, 'header', good)).toMatchObject({
        state: 'throws',
        message: expect.stringMatching(/TypeError.*header\(\).*firstMessage\(\)/),
      })
      expect(upgrades).toEqual([])
      await tab.close()
    })

    describe.each([sibling, foreign])('of %s', (host) => {
      it.each([[[]], [['wsauth.v1']]])(
        'gets nowhere with the cookies of another, offering %j',
        async (protocols) => {
          const victim = await openTab(app, good)
          const tab = await openTab(host)
          const knock = { url: socketUrl(), protocols }
          const seen = await tab.evaluate(({ url, protocols }) => page.knock(url, protocols), knock)

          expect(seen).toEqual(['close 1006'])
          expect(upgrades).toMatchObject([{ origin: site(host).slice(0, -1) }])
          // Browsers do send a sibling's cookies, SameSite=Strict ones too: the Origin list is what stands there.
          if (host === sibling) expect(upgrades[0]).toMatchObject({ withCookie: true })
          await tab.close()
          await victim.close()
        },
      )

      it('gets no ticket with them', async () => {
        const victim = await openTab(app, good)
        const tab = await openTab(host)
        expect(await tab.evaluate((url) => page.fetchTicket(url), site(app, '/ticket'))).toBe('not readable')
        await tab.close()
        await victim.close()
      })
    })
  })
})

function serve(script: string, request: IncomingMessage, response: ServerResponse): void {
  const [path, token] = (request.url ?? '').split('?')
  const session = `session=${token ?? ''}; Path=/; HttpOnly; SameSite=Strict`
  if (path === '/sign-in') response.setHeader('Set-Cookie', session)
  if (path === '/sign-out') response.setHeader('Set-Cookie', `${session}; Max-Age=0`)
  response.setHeader('Content-Type', 'text/html')
  response.end(`<!doctype html><title>${path}</title><script>${script}</script>`)
}
