import { describe, expect, it } from 'vitest'
import { shipping } from '../src/testing/duel/machines.ts'
import { playDuel } from '../src/testing/duel.ts'
import { clientMistakes } from './client-mistakes.ts'
import { serverMistakes } from './server-mistakes.ts'

const most = 20_000

describe('the duel catches', () => {
  it.each([...serverMistakes, ...clientMistakes])('$name', { timeout: 60_000 }, ({ machines, seen }) => {
    for (let seed = 1; seed <= most; seed++) {
      const { broken } = playDuel(seed, { ...shipping, ...machines })
      if (broken.some((what) => seen.test(what))) return
    }
    expect.fail(`not seen in ${most} duels`)
  })
})
