import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  executablePath,
  faults,
  hears,
  inSight,
  isOpen,
  keepScreenshot,
  newPerson,
  overflow,
  type Person,
  say,
  signUp,
} from './browser.ts'
import { type RunningDemo, startDemo } from './start-demo.ts'

describe.skipIf(executablePath === undefined)('staying authenticated', () => {
  let demo: RunningDemo
  let admin: Person
  let bob: Person

  beforeAll(async () => {
    demo = await startDemo({ ACCESS_TOKEN_SECONDS: '10' })
    admin = await newPerson()
    bob = await newPerson()
    await signUp(admin.page, demo.url, 'admin')
    await signUp(bob.page, demo.url, 'bob')
  }, 60_000)

  afterAll(async () => {
    await admin?.close()
    await bob?.close()
    await demo?.stop()
  }, 60_000)

  it('presents a newer token on the live connection before the old one ends', async () => {
    const { page } = bob
    const control = page.locator('.event[data-lane="chat"]', { hasText: '"wsauth":' })
    await control.filter({ hasText: '"type":"auth","token":"secret' }).first().waitFor()
    await control.filter({ hasText: '"type":"auth_ok"' }).first().waitFor()
    expect(await page.locator('.event[data-lane="chat"][data-kind="dial"]').count()).toBe(1)
    expect(await page.content()).not.toContain('eyJ')
  })

  it('lets a token expire: 4002, another token, and open again', async () => {
    const { page } = bob
    await page.getByRole('button', { name: 'Let a token expire' }).click()
    const result = page.getByTestId('result-expire')
    await result.getByText('back with another').waitFor()
    expect(await result.getAttribute('data-code')).toBe('4002')
    expect(await result.getAttribute('data-action')).toBe('refresh')
  })

  it('sleeps past the end of a token and says nothing with the old one on waking', async () => {
    const { page } = bob
    await page.getByRole('button', { name: 'Clear' }).click()
    await page.getByRole('button', { name: 'Sleep' }).click()
    await page.getByTestId('result-sleep').getByText('Awake: the message waited').waitFor()
    const lab = await page.locator('.event[data-lane="lab"]').allTextContents()
    const awake = lab.findIndex((text) => text.includes('awake after'))
    const said = lab.findIndex((text) => text.includes('said on waking'))
    const accepted = lab.map((text) => text.includes('auth_ok')).lastIndexOf(true)
    expect(awake).toBeGreaterThan(0)
    expect(accepted).toBeGreaterThan(awake)
    expect(said).toBeGreaterThan(accepted)
    await isOpen(page)
  })

  it('is frozen past the end of its token, and says nothing with the old one on waking', async () => {
    const { page, context } = bob
    await page.getByRole('button', { name: 'Clear' }).click()
    const devTools = await context.newCDPSession(page)
    // A page that is driven counts as visible, which the life cycle never freezes: so its scripts are held.
    await devTools.send('Debugger.enable')
    await devTools.send('Debugger.pause')
    // The server ends his connection while nobody is there to notice.
    await admin.page.getByText('1 person here: admin').waitFor()
    await devTools.send('Debugger.resume')
    await devTools.send('Debugger.disable')
    await say(page, 'I have slept well.')
    await hears(admin.page, 'I have slept well.')
    const sent = page.locator('.event[data-lane="chat"][data-kind="frame"]', { hasText: '→' })
    expect(await sent.first().textContent()).toMatch(/auth \{"type":"auth","token":"secret/)
    await devTools.detach()
  })

  it('is drained: going_away, 1012, and back with nothing lost', async () => {
    const { page } = bob
    await page.getByRole('button', { name: 'Drain' }).click()
    await page.locator('.event[data-lane="chat"]', { hasText: '"type":"going_away"' }).waitFor()
    await say(page, 'Said while the server drains.')
    await page.locator('.event[data-lane="chat"]', { hasText: 'closed 1012' }).waitFor()
    await page.getByTestId('result-drain').getByText('Back and authenticated').waitFor()
    await isOpen(admin.page)
    await hears(admin.page, 'Said while the server drains.')
  })

  it('lists live connections: everybody’s for the administrator, one’s own for anybody else', async () => {
    const hers = await admin.context.newPage()
    await hers.goto(`${demo.url}/admin.html`)
    await hers.getByText('2 connections, everybody’s').waitFor()
    expect(await hers.locator('tbody th').allTextContents()).toEqual(expect.arrayContaining(['admin', 'bob']))
    expect(await hers.locator('tbody tr', { hasText: 'bob' }).textContent()).toMatch(
      /firstMessage\(\).*in \d+ s/,
    )
    expect(await faults({ ...admin, page: hers })).toEqual([])
    await keepScreenshot(hers, 'admin-light')
    await hers.setViewportSize({ width: 360, height: 780 })
    expect(await overflow({ ...admin, page: hers })).toBe(0)
    await keepScreenshot(hers, 'admin-phone')
    await hers.close()
    const his = await bob.context.newPage()
    await his.goto(`${demo.url}/admin.html`)
    await his.getByText('1 connection of yours').waitFor()
    expect(await his.locator('tbody th').allTextContents()).toEqual(['bob'])
    await his.close()
  })

  it('goes on listing after a time without an answer', async () => {
    const tab = await bob.context.newPage()
    await tab.goto(`${demo.url}/admin.html`)
    await tab.getByText('1 connection of yours').waitFor()
    await tab.route('**/lab/connections', (route) => route.abort())
    await tab.getByText('The server does not answer.').waitFor()
    await tab.unroute('**/lab/connections')
    await tab.getByText('1 connection of yours').waitFor()
    await tab.close()
  })

  it('asks for a newer token, and whoever has one stays', async () => {
    const tab = await admin.context.newPage()
    await tab.goto(`${demo.url}/admin.html`)
    await bob.page.getByRole('button', { name: 'Clear' }).click()
    await tab.getByRole('button', { name: 'Require a newer token: bob' }).click()
    const control = bob.page.locator('.event[data-lane="chat"]', { hasText: '"wsauth":' })
    await control.filter({ hasText: '"reason":"revoked"' }).first().waitFor()
    await control.filter({ hasText: '"type":"auth_ok"' }).first().waitFor()
    expect(await bob.page.locator('.event[data-kind="dial"]').count()).toBe(0)
    await isOpen(bob.page)
    await tab.close()
  })

  it('revokes a session: closed with 4004, stopped, and no way back with the old cookie', async () => {
    const tab = await admin.context.newPage()
    await tab.goto(`${demo.url}/admin.html`)
    await bob.page.evaluate(() => window.scrollTo(0, document.body.scrollHeight))
    await tab.getByRole('button', { name: 'Revoke: bob' }).click()
    await bob.page.locator('.event[data-lane="chat"]', { hasText: 'closed 4004' }).waitFor()
    await bob.page.getByText('This session has ended').waitFor()
    expect(await inSight(bob.page.getByRole('button', { name: 'Sign in again' }))).toBe(true)
    await keepScreenshot(bob.page, 'revoked-light')
    expect(await faults(bob)).toEqual([])
    const drain = bob.page.getByRole('button', { name: 'Drain' })
    await drain.click()
    await bob.page.getByTestId('result-drain').getByText('Stopped: the session has ended').waitFor()
    expect(await drain.isEnabled()).toBe(true)
    await tab.getByText('1 connection, everybody’s').waitFor()
    await bob.page.reload()
    await bob.page.getByRole('heading', { name: 'Join the room' }).waitFor()
    await tab.close()
  })
})
