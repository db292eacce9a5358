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
  readAloud,
  say,
  signUp,
  tooSmall,
} from './browser.ts'
import { type RunningDemo, startDemo } from './start-demo.ts'

describe.skipIf(executablePath === undefined)('the demo in a browser', () => {
  let demo: RunningDemo
  let alice: Person
  let bob: Person

  beforeAll(async () => {
    demo = await startDemo()
    alice = await newPerson()
    bob = await newPerson({ viewport: { width: 360, height: 780 }, colorScheme: 'dark', hasTouch: true })
  }, 60_000)

  afterAll(async () => {
    await alice?.close()
    await bob?.close()
    await demo?.stop()
  }, 60_000)

  it('asks for a name and a password, at any size, for everybody', async () => {
    await alice.page.goto(demo.url)
    await alice.page.getByRole('heading', { name: 'Join the room' }).waitFor()
    expect(await faults(alice)).toEqual([])
    await keepScreenshot(alice.page, 'sign-in-light')
    await bob.page.goto(demo.url)
    await bob.page.getByRole('heading', { name: 'Join the room' }).waitFor()
    expect(await faults(bob)).toEqual([])
    expect(await overflow(bob)).toBe(0)
    expect(await tooSmall(bob)).toEqual([])
    await keepScreenshot(bob.page, 'sign-in-phone-dark')
  })

  it('tells why a name or password will not do', async () => {
    const { page } = alice
    const form = page.getByRole('form', { name: 'Join the room' })
    const before = await form.boundingBox()
    await page.getByRole('radio', { name: 'Sign in' }).check()
    expect((await form.boundingBox())?.y).toBe(before?.y)
    await page.getByLabel('Name').fill('nobody')
    await page.getByLabel('Password').fill('some password')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('alert').filter({ hasText: 'Name or password is wrong.' }).waitFor()
    await page.getByRole('radio', { name: 'Create account' }).check()
    await page.getByLabel('Name').fill('Ada Lovelace')
    await page.getByRole('button', { name: 'Create account' }).click()
    await page.locator('#name:focus:invalid').waitFor()
    alice.complaints.length = 0 // The browser prints each refused request to its console.
  })

  it('signs up, connects, and shows auth, then auth_ok, without the token', async () => {
    const { page } = alice
    await signUp(page, demo.url, 'alice')
    const frames = page.locator('.event[data-lane="chat"][data-kind="frame"] b')
    expect(await frames.first().textContent()).toBe('auth')
    expect(await frames.nth(1).textContent()).toBe('auth_ok')
    const events = page.getByRole('list', { name: 'Timeline' }).getByRole('listitem')
    await events.filter({ hasText: 'auth_ok {' }).getByRole('img', { name: 'received' }).waitFor()
    expect(await page.locator('.masked').first().textContent()).toMatch(/^secret, \d+ characters$/)
    expect(await page.content()).not.toContain('eyJ')
    await page.locator('.claims dd', { hasText: 'alice' }).waitFor()
    expect(await page.getByTestId('round-trip').textContent()).toMatch(/^[\d.]+ m?s$/)
    expect(Number(await page.locator('.ring text').textContent())).toBeGreaterThan(30)
  })

  it('carries a chat between two people', async () => {
    await signUp(bob.page, demo.url, 'bob')
    await say(alice.page, 'Hello, Bob. This socket knows me.')
    await hears(bob.page, 'Hello, Bob. This socket knows me.')
    await say(bob.page, 'Hello, Alice. Mine too.')
    await hears(alice.page, 'Hello, Alice. Mine too.')
    await alice.page.getByText('2 people here: alice, bob').waitFor()
    expect(await faults(alice)).toEqual([])
    expect(await faults(bob)).toEqual([])
    expect(await overflow(bob)).toBe(0)
    expect(await tooSmall(bob)).toEqual([])
    await keepScreenshot(alice.page, 'chat-light')
    await keepScreenshot(bob.page, 'chat-phone-dark')
    await bob.page.getByRole('link', { name: 'The wire' }).click()
    await keepScreenshot(bob.page, 'wire-phone-dark')
    await alice.page.emulateMedia({ colorScheme: 'dark' })
    expect(await faults(alice)).toEqual([])
    await keepScreenshot(alice.page, 'chat-dark')
    await alice.page.emulateMedia({ colorScheme: 'light' })
  })

  it('lets somebody read on while others write, and shows them what they write themselves', async () => {
    const { page } = alice
    const log = page.getByRole('log')
    const fromEnd = (): Promise<number> =>
      log.evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight)
    for (let n = 1; n <= 8; n++) await say(bob.page, `Line ${n}\u{1F642}`)
    await hears(page, 'Line 8')
    await expect.poll(fromEnd).toBeLessThan(2)
    await page.setViewportSize({ width: 640, height: 480 })
    await expect.poll(fromEnd).toBeLessThan(2)
    await page.setViewportSize({ width: 1440, height: 900 })
    await log.evaluate((element) => element.scrollTo(0, 0))
    await say(bob.page, 'Nobody has to look at this yet.')
    await hears(page, 'Nobody has to look at this yet.')
    expect(await log.evaluate((element) => element.scrollTop)).toBe(0)
    await say(page, 'But I see what I say.')
    await hears(page, 'But I see what I say.')
    await expect.poll(fromEnd).toBeLessThan(2)
  })

  it('shows text that runs from right to left as such, and markup as text', async () => {
    const { page } = alice
    for (const text of ['שלום, world!', '<b>bold</b><img src=x onerror=alert(1)>']) {
      await say(page, text)
      await hears(bob.page, text)
    }
    const said = bob.page.locator('.said .text')
    const direction = said
      .filter({ hasText: 'שלום' })
      .evaluate((element) => getComputedStyle(element).direction)
    expect(await direction).toBe('rtl')
    expect(await said.locator('*').count()).toBe(0)
  })

  it('covers nothing, wherever the page is scrolled to and however narrow it is', async () => {
    const { page } = alice
    await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight))
    const [wire, ways] = await Promise.all(['#wire', '#ways'].map((id) => page.locator(id).boundingBox()))
    expect((wire?.y ?? 0) + (wire?.height ?? 0)).toBeLessThanOrEqual(ways?.y ?? 0)
    await page.setViewportSize({ width: 320, height: 640 })
    expect(await overflow(alice)).toBe(0)
    expect(await faults(alice)).toEqual([])
    await page.setViewportSize({ width: 1440, height: 900 })
  })

  it('sees a refused token stop after two attempts, with auth_fail and 4001', async () => {
    const { page } = alice
    await page.getByRole('button', { name: 'Wrong token' }).click()
    const result = page.getByTestId('result-wrong-token')
    await result.getByText('Stopped after 2 attempts').waitFor()
    expect(await result.getAttribute('data-code')).toBe('4001')
    expect(await result.getAttribute('data-action')).toBe('stop')
    expect(await result.getAttribute('data-attempts')).toBe('2')
    const lab = page.locator('.event[data-lane="lab"]')
    expect(await lab.filter({ hasText: 'auth_fail' }).count()).toBe(2)
    expect(await lab.filter({ hasText: /connect\b/ }).count()).toBe(2)
    expect(await lab.filter({ hasText: 'closed 4001' }).count()).toBe(2)
    await keepScreenshot(page, 'wrong-token-light')
  })

  it('sees a silent socket closed with 4001 after 5 s', async () => {
    const { page } = alice
    const aloud = await readAloud(alice)
    await page.getByRole('button', { name: 'No token' }).click()
    const result = page.getByTestId('result-no-token')
    await result.getByText('4001 Authentication timeout').waitFor()
    // The seconds are for the eye alone.
    expect(await aloud()).toEqual(['Open, and silent …', await result.textContent()])
    // Measured in the page, beside everything else that this machine does; the server's own test holds it to 0.2 s.
    expect(Math.abs(Number(await result.getAttribute('data-seconds')) - 5)).toBeLessThanOrEqual(0.5)
    await isOpen(page)
  })

  it('comes back by itself when the network is cut', async () => {
    const { page } = alice
    await page.getByRole('button', { name: 'Cut the network' }).click()
    await page.getByTestId('result-cut').getByText('Back and authenticated').waitFor()
    expect(
      await page.locator('.event[data-lane="chat"]', { hasText: 'closed 1006' }).count(),
    ).toBeGreaterThan(0)
    await say(page, 'Back after the cut.')
    await hears(bob.page, 'Back after the cut.')
  })

  it('says so when an experiment cannot even begin, and is done with it', async () => {
    const { page } = alice
    await page.route('**/lab/cut', (route) => route.abort())
    const button = page.getByRole('button', { name: 'Cut the network' })
    await button.click()
    await page.getByTestId('result-cut').getByText('The server does not answer.').waitFor()
    expect(await button.isEnabled()).toBe(true)
    await page.unroute('**/lab/cut')
  })

  it('tells in words what happened, and what to do about it', async () => {
    const { page } = alice
    await page.getByText('In words: client.explain()').click()
    const lines = page.locator('.words li')
    await lines.filter({ hasText: '1006' }).first().waitFor()
    expect((await lines.allTextContents()).join()).not.toContain('eyJ')
    await keepScreenshot(page, 'in-words-light')
    await page.getByText('In words: client.explain()').click()
  })

  it('survives a restart of the server, with nothing typed lost', async () => {
    const { page } = alice
    const aloud = await readAloud(alice)
    await bob.page.setViewportSize({ width: 320, height: 568 })
    await bob.page.evaluate(() => window.scrollTo(0, 0))
    const places = (): Promise<unknown> =>
      Promise.all(['Log out', 'Send'].map((name) => bob.page.getByRole('button', { name }).boundingBox()))
    const before = await places()
    await page.getByRole('button', { name: 'Restart the server' }).click()
    await page.locator('#pill[data-state="waiting"]').waitFor()
    await bob.page.locator('#pill:not([data-state="open"])').waitFor()
    expect(await places()).toEqual(before)
    await bob.page.setViewportSize({ width: 360, height: 780 })
    for (const n of [1, 2, 3]) await say(page, `Typed while it is away, ${n}`)
    expect(await page.locator('.said.waiting').count()).toBe(3)
    await keepScreenshot(page, 'restart-light')
    expect(await faults(alice)).toEqual([])
    await page.getByTestId('result-restart').getByText('Back and authenticated').waitFor()
    for (const n of [1, 2, 3]) await hears(bob.page, `Typed while it is away, ${n}`)
    expect(await page.locator('.said', { hasText: 'Typed while it is away' }).count()).toBe(3)
    expect(await bob.page.locator('.said', { hasText: 'Typed while it is away' }).count()).toBe(3)
    expect(await page.locator('.said.waiting').count()).toBe(0)
    // However often it tried, and although the room's history came again: each thing once.
    const heard = await aloud()
    expect(heard.filter((text) => text.startsWith('Not connected'))).toEqual([
      'Not connected: messages wait.',
      'Not connected: 1 message waits.',
      'Not connected: 2 messages wait.',
      'Not connected: 3 messages wait.',
    ])
    expect(heard.filter((text) => text.startsWith('Connected'))).toHaveLength(1)
    expect(heard.filter((text) => text.startsWith('Lost'))).toHaveLength(1)
    expect(heard.filter((text) => text.includes('Typed while'))).toHaveLength(3)
    expect(heard.filter((text) => text.includes('Back after the cut.'))).toEqual([])
  })

  it('stays signed in through a reload, in a second tab too', async () => {
    await alice.page.reload()
    await isOpen(alice.page)
    const second = await alice.context.newPage()
    await second.goto(demo.url)
    await isOpen(second)
    await say(second, 'From my second tab.')
    await hears(alice.page, 'From my second tab.')
    await second.close()
  })

  it('is worked by keyboard alone', async () => {
    const { page } = alice
    await page.getByLabel('Message', { exact: true }).focus()
    await page.keyboard.type('Typed and sent without a mouse.')
    await page.keyboard.press('Enter')
    await hears(bob.page, 'Typed and sent without a mouse.')
    await page.keyboard.press('Tab')
    expect(await page.locator(':focus').textContent()).toBe('Send')
    await page.keyboard.press('Tab')
    expect(await page.locator(':focus').textContent()).toBe('list of live connections')
    await page.keyboard.press('Tab')
    expect(await page.locator(':focus').textContent()).toBe('Wrong token')
    const outline = await page.locator(':focus').evaluate((element) => getComputedStyle(element).outlineWidth)
    expect(outline).toBe('3px')
  })

  it('says so when nobody answers a log-out, and lets them try again', async () => {
    const { page } = alice
    await page.route('**/auth/log-out', (route) => route.abort())
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByRole('alert').filter({ hasText: 'you are not logged out' }).waitFor()
    await page.unroute('**/auth/log-out')
  })

  it('logs out everywhere: the server closes the sockets of the session with 4004', async () => {
    const { page } = alice
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.locator('.event[data-lane="chat"]', { hasText: 'closed 4004' }).waitFor()
    await page.locator('#pill[data-state="closed"]').waitFor()
    const again = page.getByRole('button', { name: 'Sign in again' })
    expect(await again.evaluate((button) => button === document.activeElement)).toBe(true)
    await again.click()
    await page.getByRole('heading', { name: 'Join the room' }).waitFor()
    expect(await page.locator(':focus').getAttribute('id')).toBe('content')
    await page.reload()
    await page.getByRole('heading', { name: 'Join the room' }).waitFor()
    await isOpen(bob.page)
  })

  it('breaks no rule of its own content security policy', () => {
    const complaints = [...alice.complaints, ...bob.complaints]
    expect(complaints.filter((text) => /Content Security Policy|Trusted|Error:/.test(text))).toEqual([])
  })
})
