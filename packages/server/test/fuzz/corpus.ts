import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type Attack, attackOf, type KeptAttack, kept } from './attack.ts'

const folder = new URL('./corpus/', import.meta.url)

/** Every attack that ever worked, and those that SECURITY knows of: they are played in each run. */
export function corpus(): readonly (readonly [name: string, attack: Attack])[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => {
      const one: KeptAttack = JSON.parse(readFileSync(new URL(name, folder), 'utf8'))
      return [`${name}: ${one.why}`, attackOf(one)]
    })
}

/** Puts an attack that worked into the corpus. */
export function keep(why: string, attack: Attack): void {
  const text = `${JSON.stringify(kept(why, attack), undefined, 2)}\n`
  const name = createHash('sha256').update(text).digest('hex').slice(0, 12)
  writeFileSync(new URL(`${name}.json`, folder), text)
}
