// `pnpm bench [--quick] [scenario…]`: measures wsauth beside its peers, prints tables, writes pictures.

import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { pinSelf, spread } from './cores.ts'
import type { Figure } from './figures/figure.ts'
import { svg } from './figures/svg.ts'
import { markdown, table } from './figures/table.ts'
import { bundleScenario } from './scenarios/bundles.ts'
import { clientScenario } from './scenarios/clients.ts'
import { echoScenario } from './scenarios/echo.ts'
import { expiryScenario } from './scenarios/expiry.ts'
import { handshakeScenario } from './scenarios/handshakes.ts'
import { memoryScenario } from './scenarios/memory.ts'
import { neighboursScenario } from './scenarios/neighbours.ts'
import type { Scenario } from './scenarios/scenario.ts'
import { soakScenario } from './scenarios/soak.ts'
import { stormScenario } from './scenarios/storm.ts'
import { strangersScenario } from './scenarios/strangers.ts'
import { ticketScenario } from './scenarios/tickets.ts'

const scenarios: readonly Scenario[] = [
  handshakeScenario,
  stormScenario,
  echoScenario,
  memoryScenario,
  ticketScenario,
  expiryScenario,
  strangersScenario,
  neighboursScenario,
  soakScenario,
  clientScenario,
  bundleScenario,
]
const results: URL = new URL('../results/', import.meta.url)

const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
  allowPositionals: true,
})

const unknown = positionals.filter((name) => !scenarios.some((scenario) => scenario.name === name))
if (values.help || unknown.length > 0) {
  if (unknown.length > 0) console.error(`No such scenario: ${unknown.join(', ')}\n`)
  console.log('bench [--quick] [scenario…]\n')
  for (const { name, about } of scenarios) console.log(`  ${name.padEnd(12)} ${about}`)
  process.exit(unknown.length > 0 ? 1 : 0)
}

const model = cpus()[0]?.model.trim() ?? 'unknown processor'
const where = `Node ${process.version}, ${availableParallelism()} × ${model}`
pinSelf()
console.log(`${where}; ${spread}\n`)

const started = performance.now()
const chosen = scenarios.filter(({ name, optional }) =>
  positionals.length === 0 ? !optional : positionals.includes(name),
)
for (const scenario of chosen) {
  const figures = await scenario.run({ quick: values.quick, say: (text) => console.error(`… ${text}`) })
  for (const figure of figures) report(figure)
}
console.log(`${Math.round((performance.now() - started) / 1_000)} s in all`)

function report(figure: Figure): void {
  console.log(`${table(figure)}\n`)
  // A smoke run proves nothing, so it leaves the pictures alone.
  if (values.quick) return
  mkdirSync(results, { recursive: true })
  if (figure.bars) writeFileSync(new URL(`${figure.name}.svg`, results), svg(figure, where))
  writeFileSync(new URL(`${figure.name}.md`, results), `${markdown(figure)}\n\n${where}; ${spread}.\n`)
}
