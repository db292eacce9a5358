// The server process: serves one peer and answers what the load process asks about it.

import { registerHooks } from 'node:module'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { getHeapSnapshot } from 'node:v8'
import type { Served } from './job.ts'
import { peer } from './peers.ts'
import type { Answer, Question } from './server-process.ts'

// It is here for the tests of the server alone: most applications have none, and those that have know what it costs.
registerHooks({
  resolve(specifier, context, next) {
    if (specifier === '@opentelemetry/api') throw new Error('this application has no OpenTelemetry')
    return next(specifier, context)
  },
})

let served: Served | undefined
const delay = monitorEventLoopDelay({ resolution: 1 })

process.on('message', async (question: Question) => {
  process.send?.({ id: question.id, value: await answer(question) } satisfies Answer)
})
// The load process is gone: nothing is left to serve.
process.on('disconnect', () => process.exit(0))

async function answer(question: Question): Promise<unknown> {
  switch (question.ask) {
    case 'serve': {
      const { serve } = await peer(question.peer).load()
      served = await serve(question.job)
      return served.port
    }
    case 'usage': {
      const { user, system } = process.cpuUsage()
      return { cpuUs: user + system, atUs: performance.now() * 1_000 }
    }
    case 'memory': {
      // Twice: what the first collection finalizes, the second frees.
      for (let round = 0; round < 2; round++) {
        globalThis.gc?.()
        await new Promise((resolve) => setImmediate(resolve))
      }
      const { rss, heapUsed, external } = process.memoryUsage()
      return { rss, heap: heapUsed + external }
    }
    case 'objects':
      return heapObjects()
    case 'facts':
      return { ...served?.facts?.(), timers: process.getActiveResourcesInfo().filter(isTimer).length }
    case 'delay-start':
      delay.enable()
      delay.reset()
      return undefined
    case 'delay-stop':
      delay.disable()
      return { maxMs: delay.max / 1e6, p99Ms: delay.percentile(99) / 1e6 }
  }
}

function isTimer(resource: string): boolean {
  return resource === 'Timeout' || resource === 'Immediate'
}

/** What is alive, by a snapshot, which collects first. */
async function heapObjects(): Promise<{ objects: number; bytes: number }> {
  let text = ''
  for await (const chunk of getHeapSnapshot()) text += chunk
  const { snapshot, nodes } = JSON.parse(text)
  const fields: readonly string[] = snapshot.meta.node_fields
  const size = fields.indexOf('self_size')
  let bytes = 0
  for (let at = size; at < nodes.length; at += fields.length) bytes += nodes[at]
  return { objects: snapshot.node_count, bytes }
}
