import { seededRandom } from '@wsauth/protocol/testing'
import { describe, expect, it } from 'vitest'
import { type LiveConnection, LiveConnections } from './live-connections.ts'

interface Fake extends LiveConnection<Fake> {
  readonly id: number
}

describe('LiveConnections', () => {
  it('finds a user’s connections, through any order of coming and going', () => {
    const random = seededRandom(3)
    const live = new LiveConnections<Fake>()
    const model = new Map<number, Fake>()
    for (let step = 0; step < 5_000; step++) {
      const id = Math.floor(random() * 60)
      const known = model.get(id)
      if (known) {
        live.delete(known)
        live.delete(known)
        model.delete(id)
      } else {
        const fake: Fake = { id, userId: `user${id % 7}`, nextOfUser: undefined, previousOfUser: undefined }
        live.add(fake)
        model.set(id, fake)
      }
      const userId = `user${Math.floor(random() * 7)}`
      const wanted = [...model.values()].filter((fake) => fake.userId === userId)
      expect(new Set(live.ofUser(userId))).toEqual(new Set(wanted))
      expect(live.count(userId, 3)).toBe(Math.min(3, wanted.length))
      expect(live.size).toBe(model.size)
      if (step % 100 === 0) expect(new Set(live)).toEqual(new Set(model.values()))
      expect(live.users).toBe(new Set([...model.values()].map((fake) => fake.userId)).size)
    }
  })
})
