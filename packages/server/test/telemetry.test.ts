import { once } from 'node:events'
import { metrics } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { afterEach, describe, expect, it } from 'vitest'
import { dial, signIn, start, stopAll } from './support.ts'

afterEach(stopAll)

describe('OpenTelemetry, where the application has it', () => {
  it('counts what happens by method and error, with no user and no secret in it', async () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 1e8 })
    const provider = new MeterProvider({ readers: [reader] })
    metrics.setGlobalMeterProvider(provider)
    const { url } = await start()
    const counted = async (): Promise<string[]> => {
      await signIn(url, 'good:alice')
      const refused = dial(url)
      await once(refused.socket, 'open')
      refused.send('{"type":"auth","token":"bad"}')
      await refused.closed
      await reader.forceFlush()
      const [last] = exporter.getMetrics().slice(-1)
      return (last?.scopeMetrics ?? []).flatMap(({ metrics: all }) =>
        all.flatMap(({ descriptor, dataPoints }) =>
          dataPoints.map(({ attributes }) => `${descriptor.name} ${JSON.stringify(attributes)}`),
        ),
      )
    }
    // The package is loaded without anybody waiting for it.
    await expect
      .poll(counted)
      .toEqual([
        'wsauth.auth_ok {"method":"firstMessage","version":0}',
        'wsauth.auth_fail {"method":"firstMessage","error":"invalid_token"}',
      ])
    await provider.shutdown()
  })
})
