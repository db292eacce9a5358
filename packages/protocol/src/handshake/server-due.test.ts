import fc from 'fast-check'
import { expect, it } from 'vitest'
import { PlayedServer } from '../testing/played-server.ts'
import { secret } from '../wire/secret.ts'
import { serverDueAt } from './server.ts'

const refresh = '"type":"auth","token":"t2"'

it('a due time that has come moves forward or ends the connection, whatever the numbers', () => {
  const ms = fc.double({ min: 0.001, max: 1e7, noNaN: true })
  const act = fc.oneof(
    fc.record({ act: fc.constant('pass' as const), ms }),
    fc.record({
      act: fc.constantFrom('heard' as const, 'refresh' as const, 'accept' as const, 'refuse' as const),
    }),
    fc.record({ act: fc.constant('revoke' as const), ms }),
    fc.record({ act: fc.constant('drain' as const), ms }),
  )
  const policy = fc.record({
    heartbeatMs: fc.double({ min: 1, max: 1e6, noNaN: true }),
    revalidateMs: fc.double({ min: 1, max: 1e6, noNaN: true }),
  })
  fc.assert(
    fc.property(policy, ms, fc.array(act, { maxLength: 20 }), (policy, expiresInMs, acts) => {
      const finding = { type: 'credential', token: secret('t'), ambient: false } as const
      const server = new PlayedServer(policy, { version: 1, finding })
      server.accept({ expiresInMs })
      for (const step of acts) {
        if (step.act === 'heard') server.heardAtMs = server.nowMs
        if (step.act === 'refresh') server.control(refresh)
        if (step.act === 'accept') server.accept({ expiresInMs })
        if (step.act === 'refuse') server.refuse('invalid_token')
        if (step.act === 'revoke') server.feed({ type: 'revoke', marginMs: step.ms })
        if (step.act === 'drain') server.feed({ type: 'drain', inMs: step.ms, retryAfterMs: 0 })
        if (step.act !== 'pass') continue
        const untilMs = server.nowMs + step.ms
        for (let turns = 0; serverDueAt(server.state) <= untilMs && turns < 50; turns++) {
          const dueAtMs = serverDueAt(server.state)
          server.nowMs = Math.max(server.nowMs, dueAtMs)
          server.due()
          expect(serverDueAt(server.state)).toBeGreaterThan(dueAtMs)
          expect(serverDueAt(server.state)).toBeGreaterThan(server.nowMs)
        }
        server.nowMs = untilMs
      }
    }),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 2_000) },
  )
})
