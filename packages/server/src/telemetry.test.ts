import { afterEach, expect, it, vi } from 'vitest'
import { type OpenTelemetry, observeByOpenTelemetry } from './telemetry.ts'

afterEach(() => vi.restoreAllMocks())

it('an API that is older than its metrics ends nobody, and is told of', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockReturnValue()
  // As 1.2 has it; what nobody catches fails the run.
  observeByOpenTelemetry(
    async () => ({ trace: { getActiveSpan: () => undefined } }) as unknown as OpenTelemetry,
  )
  await new Promise(setImmediate)
  expect(warn.mock.calls).toEqual([[expect.stringContaining('@opentelemetry/api'), 'WsauthWarning']])
})
