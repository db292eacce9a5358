import { SignInRequired, type TokenRequest } from '../../../src/index.ts'
import type { World } from './world.ts'

/** Whose a token is: what the server reads in it. */
export function userOf(token: string): string {
  return token.replace(/^token-of-|-\d+$/g, '')
}

/** A token provider of every mood; `act` is what the application does while it is called. */
export function provider(
  world: World,
  called: (request: TokenRequest) => void,
): (request: TokenRequest) => string | Promise<string> {
  const timeoutMs = 10_000
  let made = 0
  let before = ''
  let last = ''
  let user = 'alice-the-first'
  let busyUntilMs = -Infinity
  const next = () => {
    if (world.chance(0.1)) user = world.pick(['alice-the-first', 'robert-the-second'])
    // A cache may be behind.
    if (before && world.chance(0.06)) return before
    if (last && world.chance(0.2)) return last
    before = last
    last = `token-of-${user}-${1_000_000 + ++made}`
    return last
  }
  return (request) => {
    world.tell(`the provider is asked: ${request.reason}`)
    // Less a rounding: the drivers' clock counts from 1970.
    if (world.nowMs < busyUntilMs - 0.01) world.blame('one call of the provider at a time')
    busyUntilMs = world.nowMs + timeoutMs
    const done = () => {
      busyUntilMs = -Infinity
    }
    called(request)
    const mood = world.pick([
      'now',
      'now',
      'now',
      'soon',
      'soon',
      'late',
      'throws',
      'fails',
      'out',
      'hangs',
      'odd',
    ])
    const ms = mood === 'late' ? world.between(5_000, 15_000) : world.between(0, 500)
    const after = (answer: (resolve: (token: string) => void, reject: (error: Error) => void) => void) =>
      new Promise<string>((resolve, reject) => {
        const endsMs = busyUntilMs
        world.later(ms, () => {
          if (busyUntilMs === endsMs) done()
          world.tell('the provider answers')
          answer(resolve, reject)
        })
      })
    switch (mood) {
      case 'throws':
        done()
        throw new Error('offline')
      case 'out':
        done()
        if (world.chance(0.5)) throw new SignInRequired()
        return next()
      case 'fails':
        return after((_, reject) => reject(new Error('offline')))
      case 'hangs':
        return new Promise(() => {})
      case 'now':
        done()
        return next()
      case 'odd':
        done()
        return world.chance(0.3) ? Promise.resolve(undefined as unknown as string) : Promise.resolve(next())
      default:
        return after((resolve) => resolve(next()))
    }
  }
}
