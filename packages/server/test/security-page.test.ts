import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { resolveOptions } from '../src/options.ts'
import { claimRules } from '../src/verifiers/claim-rules.ts'
import { start, stopAll, verifier } from './support.ts'

const page = readFileSync(new URL('../SECURITY.md', import.meta.url), 'utf8')

it('SECURITY.md tells the limits as the code has them', async () => {
  const { limits, policy } = resolveOptions({ verifier: Object.assign(verifier, { revalidate: verifier }) })
  const { deadlineMs, heartbeatMs, refreshesPerMinute, revalidateMs } = policy
  const { leewayMs, maxLifetimeMs } = claimRules('test', { issuer: false, audience: false })
  const { wss } = await start()
  const { maxPayload } = wss.options
  await stopAll()
  const told = [...page.matchAll(/^\| `(\w+)` +\| ([\d,]+|Infinity) +\|/gm)].map(([, name, value = '']) => [
    name,
    Number(value.replaceAll(',', '')),
  ])
  expect(Object.fromEntries(told)).toEqual({
    ...{ deadlineMs, heartbeatMs, refreshesPerMinute, revalidateMs, leewayMs, maxLifetimeMs, maxPayload },
    ...limits,
  })
})
