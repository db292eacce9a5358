import type { IncomingMessage, ServerResponse } from 'node:http'
import { createWebSocketClass } from '@wsauth/client'
import type { Browser, Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requireProgram } from '../../../packages/config/src/programs.ts'
import { pageScript, startBrowser } from '../src/browsers/browser.ts'
import type * as pageModule from '../src/browsers/page.ts'
import { signToken } from '../src/stack.ts'
import { outcomeOf, type SocketClass } from '../src/standard/case.ts'
import { standardCases } from '../src/standard/cases.ts'
import { type FarEnd, startFarEnd } from '../src/standard/far-end.ts'

// Inside `evaluate`: what page.ts exports, in the browser.
declare const page: typeof pageModule

let farEnd: FarEnd
let script = ''
beforeAll(async () => {
  script = await pageScript()
  farEnd = await startFarEnd(serve)
})
afterAll(() => farEnd.close())

function serve(_request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('Content-Type', 'text/html')
  response.end(`<!doctype html><meta charset="utf-8"><title>x</title><script>${script}</script>`)
}

describe.each(['chromium', 'firefox'] as const)('in %s', (browserName) => {
  const program = requireProgram(browserName)

  describe.skipIf(!program)('the WebSocket class', () => {
    let browser: Browser
    let tab: Page
    beforeAll(async () => {
      browser = await startBrowser(browserName, program ?? '')
      tab = await browser.newPage()
      await tab.goto(`http://localhost:${farEnd.port}/`)
    })
    afterAll(() => browser?.close())

    describe.each(['its own', 'ours'] as const)('%s', (whose) => {
      const realm = whose === 'ours' ? 'auth' : 'plain'
      it.each(standardCases)('$name', async ({ name, expected, oursDiffers, firefoxDiffers }) => {
        const seen = await tab.evaluate(
          (...given) => page.tryStandard(...given),
          ...([whose, name, `ws://localhost:${farEnd.port}/${realm}/`, signToken('ada')] as const),
        )
        const difference =
          (whose === 'ours' ? oursDiffers : undefined) ??
          (browserName === 'firefox' ? firefoxDiffers : undefined)
        // A difference that is gone is to be taken off the list.
        if (difference) expect(seen, difference).not.toEqual(expected)
        else expect(seen).toEqual(expected)
      })
    })
  })
})

describe('in Node, over ws', () => {
  it.each(standardCases.filter(({ inPages }) => !inPages))('$name', async (given) => {
    const Class = createWebSocketClass({ token: signToken('ada') }) as unknown as SocketClass
    const seen = await outcomeOf(given, { Class, url: `ws://localhost:${farEnd.port}/auth/` })
    const difference = given.oursDiffers ?? given.nodeDiffers
    if (difference) expect(seen, difference).not.toEqual(given.expected)
    else expect(seen).toEqual(given.expected)
  })
})
