import { describe, expect, it } from 'vitest'
import { type RawHeader, upgradeRequest } from '../test/support/requests.ts'
import { originPolicy } from './origin.ts'

const app = 'https://app.example'
const from = (...origins: string[]) =>
  upgradeRequest({ headers: origins.map((origin): RawHeader => ['Origin', origin]) })
const cookies: RawHeader = ['Cookie', 'theme=dark']

describe('originPolicy', () => {
  it.each([app, 'https://other.example:8443', 'capacitor://localhost'])(
    'lets %s in, which is listed',
    (origin) => {
      const policy = originPolicy([app, 'https://other.example:8443', 'capacitor://localhost'], true)
      expect(policy(from(origin))).toBe(true)
    },
  )

  it.each([
    'null',
    '',
    'https://app.example.evil.example',
    'https://evilapp.example',
    'https://app.example:443',
    'https://app.example:8443',
    'https://app.example/',
    'https://app.example.',
    'https://APP.example',
    'HTTPS://app.example',
    'http://app.example',
    'https://sub.app.example',
    'https://app.exampl',
    'https://app.example, https://app.example',
    'https://app.example https://evil.example',
    'https://user@app.example',
    '*',
    'app.example',
    '__proto__',
  ])('refuses %j, which is not', (origin) => {
    expect(originPolicy([app], false)(from(origin))).toBe(false)
    expect(originPolicy([app], true)(from(origin))).toBe(false)
  })

  it('refuses Origin twice, whatever it is, and without a list too', () => {
    expect(originPolicy([app], false)(from(app, app))).toBe(false)
    expect(originPolicy(undefined, false)(from(app, 'https://evil.example'))).toBe(false)
  })

  it('lets every page in without a list, since nothing comes by itself', () => {
    expect(originPolicy(undefined, false)(from('https://evil.example'))).toBe(true)
    expect(originPolicy(undefined, false)(from('null'))).toBe(true)
  })

  it('lets no page in with an empty list', () => {
    expect(originPolicy([], false)(from(app))).toBe(false)
    expect(originPolicy([], false)(upgradeRequest())).toBe(true)
  })

  it('lets clients in that are no page, unless they bring cookies to a server that takes one', () => {
    expect(originPolicy([app], false)(upgradeRequest())).toBe(true)
    expect(originPolicy([app], false)(upgradeRequest({ headers: [cookies] }))).toBe(true)
    expect(originPolicy([app], true)(upgradeRequest())).toBe(true)
    expect(originPolicy([app], true)(upgradeRequest({ headers: [cookies] }))).toBe(false)
  })

  it('never takes the Host for an Origin', () => {
    const request = upgradeRequest({ headers: [['Origin', 'https://chat.example']] })
    expect(originPolicy([app], true)(request)).toBe(false)
  })

  it('lets null in where it is listed', () => {
    expect(originPolicy(['null'], false)(from('null'))).toBe(true)
  })

  it.each(['capacitor://localhost', 'httpx://localhost', 'xhttps://localhost'])(
    'takes pages of an application, whose scheme is its own: %s',
    (origin) => {
      expect(originPolicy([origin], true)(from(origin))).toBe(true)
    },
  )

  it.each<[unknown, RegExp]>([
    ['https://app.example', /give a list/],
    [['https://app.example/'], /write 'https:\/\/app.example'/],
    [['https://app.example/chat'], /is not what a browser sends/],
    [['https://APP.example'], /write 'https:\/\/app.example'/],
    [['http://APP.example:80'], /write 'http:\/\/app.example'/],
    [['APP://app.example/'], /write 'app:\/\/app.example'/],
    [['https://[app'], /is not what a browser sends; write 'https:\/\/app.example'/],
    [['https://app.example:443'], /write 'https:\/\/app.example'/],
    [['app.example'], /is not what a browser sends/],
    [['*'], /is not what a browser sends/],
    [['https://*.example'], /is not what a browser sends/],
    [[''], /is not what a browser sends/],
    [[/example/], /is not what a browser sends/],
    [[undefined], /is not what a browser sends/],
  ])('refuses the list %j', (origins, message) => {
    expect(() => originPolicy(origins as string[], false)).toThrow(message)
  })

  it('refuses a cookie method without a list, and null beside one', () => {
    expect(() => originPolicy(undefined, true)).toThrow(/auth.origins is missing: cookie\(\) needs/)
    expect(() => originPolicy(['null'], true)).toThrow(/cannot stand beside a cookie/)
  })
})
