// P5: nothing that the packages say, hand out or throw holds a secret, whichever way in it came.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { key, signToken } from '../src/stack.ts'
import type { Planted } from '../src/sweep/talkative.ts'

it('an application that logs all it can see logs no secret', { timeout: 120_000 }, async () => {
  const { output, secrets } = await runTalkative()
  // It did talk, and of everything.
  for (const what of [
    'server auth_ok',
    'server auth_fail',
    'channel wsauth:auth_ok',
    'explain',
    'whole request',
  ]) {
    expect(output).toContain(what)
  }
  expect(output.match(/hello ada/g)?.length).toBeGreaterThan(6)
  expect(secrets.size).toBeGreaterThan(3 * 7)

  const found = piecesIn(output, secrets)
  expect(found.flatMap((piece) => linesWith(output, piece))).toEqual([])
})

it('the search finds a token wherever its application does write it down', () => {
  const token = signToken('ada')
  const output = `line one\ntoken: ${Buffer.from(token).toString('base64url')}\n`
  expect(piecesIn(output, [token]).length).toBeGreaterThan(0)
  expect(piecesIn(output, [signToken('eve')])).toEqual([])
})

/** Runs the application to its end; gives all that it wrote, and the secrets that it had. */
async function runTalkative(): Promise<{ output: string; secrets: Set<string> }> {
  const file = fileURLToPath(new URL('../src/sweep/talkative.ts', import.meta.url))
  const child = spawn(process.execPath, ['--conditions=wsauth:source', file], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let output = ''
  const secrets = new Set<string>()
  child.stdout?.on('data', (chunk) => (output += chunk))
  child.stderr?.on('data', (chunk) => (output += chunk))
  child.on('message', ({ secret }: Planted) => secrets.add(secret))
  const [code] = await once(child, 'close')
  expect(code, output.slice(-2_000)).toBe(0)
  return { output, secrets }
}

/** The pieces of secrets that a text holds. One walk over it: there are millions of characters, and thousands of pieces. */
function piecesIn(output: string, secrets: Iterable<string>): string[] {
  const pieces = new Set(piecesOf(secrets))
  const found = new Set<string>()
  for (const piece of windows(output)) if (pieces.has(piece)) found.add(piece)
  return [...found]
}

/**
 * Pieces of 8 characters that nobody writes by chance: of each signature or ticket, as it is and in the encodings that it
 * travels in; and of the key. (A JWT's header is no secret, its payload is the application's own.)
 */
function* piecesOf(secrets: Iterable<string>): Generator<string> {
  for (const secret of secrets) {
    const unique = secret.split('.').at(-1) ?? ''
    for (const text of [unique, ...base64Of(secret)]) yield* windows(text)
  }
  yield* windows(key)
}

/** The end of the secret in base64, whatever stood in front of it: each of the three ways it can fall. */
function base64Of(secret: string): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const bytes = Buffer.from(secret.slice(offset - 40 - (secret.length % 3)))
    return [bytes.toString('base64url').slice(4, -4), bytes.toString('hex')]
  })
}

function* windows(text: string): Generator<string> {
  for (let i = 0; i + 8 <= text.length; i++) yield text.slice(i, i + 8)
}

/** The lines that gave it away, with the piece itself taken out of the report. */
function linesWith(output: string, piece: string): string[] {
  return output
    .split('\n')
    .filter((line) => line.includes(piece))
    .map((line) => line.split(piece)[0]?.slice(-80) ?? '')
}
