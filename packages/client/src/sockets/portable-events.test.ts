import { afterEach, describe, expect, it, vi } from 'vitest'
import { hrefOf } from './portable-events.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

/** As Libraries/Blob/URL.js of React Native 0.82 has it, and of those before it. */
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
  ['React Native 0.82', PhoneUrl],
  ['React Native before', OlderPhoneUrl],
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
