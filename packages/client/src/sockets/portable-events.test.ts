import { afterEach, describe, expect, it, vi } from 'vitest'
import { hrefOf } from './portable-events.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

/** As Libraries/Blob/URL.js of React Native 0.79 to 0.83 has it, and without its look at the query. */
class PhoneUrl {
  readonly href: string

  constructor(given: string) {
    this.href = given.endsWith('/') || given.includes('?') ? given : `${given}/`
  }
}
class OlderPhoneUrl {
  readonly href: string

  constructor(given: string) {
    this.href = given.endsWith('/') ? given : `${given}/`
  }
}

describe.each([
  ['the standard', URL],
  ['React Native before 0.84', PhoneUrl],
  ['the same without a look at the query', OlderPhoneUrl],
])('by the URL of %s', (_, Class) => {
  it.each([
    ['wss://api.example', 'wss://api.example/'],
    ['wss://api.example/', 'wss://api.example/'],
    ['wss://api.example/ws', 'wss://api.example/ws'],
    ['wss://api.example:8443/a/ws', 'wss://api.example:8443/a/ws'],
    ['wss://api.example/ws/', 'wss://api.example/ws/'],
    ['wss://api.example/ws?room=1', 'wss://api.example/ws?room=1'],
  ])('%s is %s', (given, href) => {
    vi.stubGlobal('URL', Class)
    expect(hrefOf(given)).toBe(href)
  })
})
