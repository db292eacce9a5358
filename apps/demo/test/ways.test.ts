import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  executablePath,
  faults,
  hears,
  isOpen,
  keepScreenshot,
  newPerson,
  overflow,
  type Person,
  say,
  signUp,
} from './browser.ts'
import { type RunningDemo, startDemo } from './start-demo.ts'

describe.skipIf(executablePath === undefined)('ways in', () => {
  let demo: RunningDemo
  let alice: Person

  beforeAll(async () => {
    demo = await startDemo()
    alice = await newPerson()
    await signUp(alice.page, demo.url, 'alice')
  }, 60_000)

  afterAll(async () => {
    await alice?.close()
    await demo?.stop()
  }, 60_000)

  it.each([
    ['ticket', 'URL', /\/ws\?ticket=secret, \d+ characters/],
    ['cookie', 'Headers', /cookie ?session=secret, \d+ characters/],
    ['subprotocol', 'Headers', /sec-websocket-protocol .*wsauth\.bearer\.secret, \d+ characters/],
    ['query', 'URL', /\/ws\?token=secret, \d+ characters/],
    ['firstMessage', 'First frame', /"token":"secret, \d+ characters/],
  ])('%s() connects, with the credential in the %s and nowhere else', async (name, place, text) => {
    const { page } = alice
    await page.getByRole('radio', { name: `${name}()` }).check()
    await page.getByText(`The chat connects with ${name}().`).waitFor()
    const carriers = page.locator('.where > div:has(.carries)')
    await carriers.getByText(place, { exact: true }).waitFor()
    expect(await carriers.count()).toBe(1)
    expect(await carriers.locator('dd').textContent()).toMatch(text)
    await isOpen(page)
    await say(page, `Said by way of ${name}.`)
    await hears(page, `Said by way of ${name}.`)
    await keepScreenshot(page.locator('#ways'), `way-${name}`)
  })

  it('header() says at once that no browser can do it, and what to use instead', async () => {
    const { page } = alice
    await page.getByRole('radio', { name: 'header()' }).click()
    await page.getByText('header(): browsers and Workers send no headers of yours').waitFor()
    expect(await page.getByRole('radio', { name: 'firstMessage()' }).isChecked()).toBe(true)
    await isOpen(page)
  })

  it('lets go of an experiment when another way in is chosen meanwhile', async () => {
    const { page } = alice
    const button = page.getByRole('button', { name: 'Restart the server' })
    await button.click()
    await page.locator('#pill[data-state="waiting"]').waitFor()
    await page.getByRole('radio', { name: 'subprotocol()' }).check()
    await page.getByTestId('result-restart').getByText('another way in was chosen meanwhile').waitFor()
    expect(await button.isEnabled()).toBe(true)
    await page.getByText('The chat connects with subprotocol().').waitFor()
    await isOpen(page)
  })

  it('is readable on a phone and by everybody', async () => {
    expect(await faults(alice)).toEqual([])
    await alice.page.setViewportSize({ width: 360, height: 780 })
    expect(await overflow(alice)).toBe(0)
    expect(await faults(alice)).toEqual([])
    await alice.page.locator('#ways').scrollIntoViewIfNeeded()
    await keepScreenshot(alice.page, 'ways-phone')
  })
})
