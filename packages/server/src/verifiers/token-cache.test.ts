import { expect, it } from 'vitest'
import { TokenCache } from './token-cache.ts'

const cacheOf = (size: number, now: () => number = () => 0): TokenCache<string> =>
  new TokenCache(size, 10_000, now)

it('gives back what was found, for as long as it may and no longer', () => {
  let nowMs = 1_763_000_000_000
  const cache = cacheOf(10, () => nowMs)
  const key = cache.keyOf('a.b.c')
  expect(cache.get(key)).toBeUndefined()
  cache.set(key, 'ada')
  nowMs += 9_999
  expect(cache.get(key)).toBe('ada')
  nowMs += 1
  expect(cache.get(key)).toBeUndefined()
})

it('knows a token by nothing that could be presented, and no two alike', () => {
  const cache = cacheOf(10)
  expect(cache.keyOf('header.payload.signature')).toMatch(/^[\w-]{43}$/)
  expect(cache.keyOf('a.b.c')).not.toBe(cache.keyOf('a.b.c='))
})

it('never keeps more than it may, and always the half that was asked for last', () => {
  const cache = cacheOf(100)
  const keys = Array.from({ length: 1_000 }, (_, n) => cache.keyOf(`token ${n}`))
  for (const key of keys) cache.set(key, 'somebody')
  expect(keys.filter((key) => cache.get(key)).length).toBeLessThanOrEqual(100)
  for (const key of keys.slice(-50)) expect(cache.get(key)).toBe('somebody')
})

it('keeps what is asked for again and again', () => {
  const cache = cacheOf(10)
  const regular = cache.keyOf('regular')
  cache.set(regular, 'ada')
  for (let n = 0; n < 100; n++) {
    expect(cache.get(regular)).toBe('ada')
    cache.set(cache.keyOf(`passer-by ${n}`), 'somebody')
  }
})

it('forgets what it is told to, in either generation', () => {
  const cache = cacheOf(4)
  const keys = ['a', 'b', 'c'].map((token) => cache.keyOf(token))
  for (const key of keys) cache.set(key, 'somebody')
  for (const key of keys) cache.delete(key)
  expect(keys.map((key) => cache.get(key))).toEqual([undefined, undefined, undefined])
})

it('of size 0 keeps nothing', () => {
  const cache = cacheOf(0)
  cache.set(cache.keyOf('a'), 'ada')
  expect(cache.get(cache.keyOf('a'))).toBeUndefined()
})
