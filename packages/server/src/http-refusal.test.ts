import { failures, isAuthErrorName } from '@wsauth/protocol'
import { describe, expect, it } from 'vitest'
import { httpRefusal } from './http-refusal.ts'

describe('httpRefusal', () => {
  it.each(Object.entries(failures))(
    '%s: its status, a constant body, nothing stored',
    (name, { httpStatus, reason }) => {
      if (!isAuthErrorName(name)) return expect.unreachable()
      const { status, body, headers } = httpRefusal(name, true)
      expect([status, body]).toEqual([httpStatus ?? 400, reason])
      expect(headers['Cache-Control']).toBe('no-store')
      expect(headers['Content-Type']).toBe('text/plain')
      expect(headers['Retry-After']).toBe(undefined)
      // RFC 6455 §4.4: whoever spoke another version is told which one is spoken here.
      expect(headers['Sec-WebSocket-Version']).toBe(name === 'invalid_request' ? '13' : undefined)
    },
  )

  it('RFC 6750 §3.1: a challenge without an error where nothing was presented, with one of the three otherwise', () => {
    const challenge = (...args: Parameters<typeof httpRefusal>) =>
      httpRefusal(...args).headers['WWW-Authenticate']
    expect(challenge('invalid_token', false)).toBe('Bearer realm="websocket"')
    expect(challenge('invalid_token', true)).toBe('Bearer realm="websocket", error="invalid_token"')
    expect(challenge('invalid_request', false)).toBe('Bearer realm="websocket", error="invalid_request"')
    expect(challenge('insufficient_scope', true)).toBe('Bearer realm="websocket", error="insufficient_scope"')
    expect(challenge('access_denied', true)).toBe(undefined)
    expect(challenge('slow_down', true)).toBe(undefined)
    // A header that is there and undefined would be sent as that word.
    expect(Object.values(httpRefusal('slow_down', true).headers)).not.toContain(undefined)
  })

  it('RFC 9110 §10.2.3: Retry-After is in seconds, rounded up', () => {
    expect(httpRefusal('slow_down', false, 1).headers['Retry-After']).toBe('1')
    expect(httpRefusal('service_restart', false, 60_001).headers['Retry-After']).toBe('61')
  })
})
