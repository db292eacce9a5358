import { isUtf8 } from 'node:buffer'
import { parseFirstMessage } from '@wsauth/protocol'
import { between, pick } from '@wsauth/protocol/testing'
import { type Attack, frameOf, requestOf } from './attack.ts'
import { mutated } from './mutate.ts'

type Random = () => number

interface Message {
  readonly payload: Buffer
  readonly isBinary: boolean
}

const names = ['type', 'token', 'v', '__proto__', 'constructor', 'toString', 'userId', 'wsauth', 'x'] as const
const texts = [
  'auth',
  'auth_ok',
  'bad',
  '',
  '\\u0000',
  '\\ud800',
  '\\ufeff',
  'eyJhbGciOiJub25lIn0.e30.',
  '../../etc/passwd',
  '%00',
  '\\u0061uth',
  'a'.repeat(9_000),
] as const
const numbers = [
  '0',
  '-0',
  '1',
  '5',
  '1e400',
  '-1e400',
  '1e-400',
  '9007199254740993',
  '01',
  '.5',
  '0x1',
  'NaN',
] as const
const spaces = ['', '', '', ' ', '\t', '\n', '\r\n', '\u00a0'] as const

/** JSON, nearly JSON, and what nobody would call JSON. */
function value(random: Random, depth: number): string {
  switch (between(random, 0, depth > 4 ? 4 : 7)) {
    case 0:
      return pick(random, numbers)
    case 1:
      return pick(random, ['null', 'true', 'false', 'undefined', 'Infinity', "'auth'", 'auth'])
    case 2:
    case 3:
      return `"${pick(random, texts)}"`
    case 4:
      return pick(random, ['[]', '{}', '[', '}', '""', '"'])
    case 5:
      return `[${Array.from({ length: between(random, 0, 4) }, () => value(random, depth + 1)).join(',')}]`
    case 6: {
      const deep = between(random, 1, 6_000)
      const open = pick(random, ['[', '{"a":'])
      return open.repeat(Math.floor(deep / open.length))
    }
    default:
      return object(random, depth + 1)
  }
}

function object(random: Random, depth: number): string {
  const space = pick(random, spaces)
  const members = Array.from({ length: between(random, 0, 5) }, () => {
    const name = pick(random, names)
    const member = name === 'type' && random() < 0.6 ? '"auth"' : value(random, depth)
    return `${space}"${name}"${space}:${space}${member}`
  })
  return `{${members.join(',')}${space}}`
}

const starts: readonly [Buffer, ...Buffer[]] = [
  Buffer.from('{"type":"auth","token":"bad"}'),
  Buffer.from('{"type":"auth","token":"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.AAAA","v":1}'),
  Buffer.from('{"token":5,"type":"auth"}'),
  Buffer.from('Authorization: Bearer bad'),
  Buffer.from('{"type":"auth_ok","userId":"ada","v":1,"channel":"AAAAAAAAAAAAAAAA"}'),
  Buffer.from('{"wsauth":"AAAAAAAAAAAAAAAA","type":"auth","token":"bad"}'),
  Buffer.from('{"type":"message","token":"bad","data":"hello"}'),
  Buffer.from('{"__proto__":{"type":"auth","token":"bad"}}'),
]

/** Something that a stranger may send first. Nothing in it is a credential that the target takes. */
function message(random: Random): Message {
  const isBinary = random() < 0.1
  const chance = random()
  if (chance < 0.5) return { payload: mutated(random, pick(random, starts), pick(random, starts)), isBinary }
  if (chance < 0.8) return { payload: Buffer.from(object(random, 0)), isBinary }
  if (chance < 0.95) return { payload: Buffer.from(value(random, 0)), isBinary }
  const noise = Buffer.alloc(between(random, 0, 300))
  for (let i = 0; i < noise.length; i++) noise[i] = between(random, 0, 255)
  return { payload: noise, isBinary }
}

/** Whether a server reads on after it: then the next one is a first message as well. */
function isIgnored({ payload, isBinary }: Message): boolean {
  if (isBinary) return true
  if (!isUtf8(payload)) return false
  const parsed = parseFirstMessage(payload.toString(), { bearerText: true })
  return parsed.ok && parsed.value === undefined
}

const mostBytes = 15 * 1024
const mostMessages = 14

/** `count` malformed first messages, as many to a connection as it may send before it is authenticated. */
export function* firstMessageAttacks(random: Random, count: number): Generator<Attack> {
  let frames: Buffer[] = []
  let size = 0
  const flush = (): Attack => {
    const head = random() < 0.5 ? [] : ['Sec-WebSocket-Protocol: wsauth.v1']
    const attack = { writes: [requestOf('/', head), ...frames], hangsUp: random() < 0.8 }
    frames = []
    size = 0
    return attack
  }
  for (let made = 0; made < count; made++) {
    const one = message(random)
    const frame = frameOf(one.payload, { opcode: one.isBinary ? 2 : 1 })
    if (frames.length > 0 && size + frame.length > mostBytes) yield flush()
    frames.push(frame)
    size += frame.length
    if (frames.length >= mostMessages || !isIgnored(one)) yield flush()
  }
  if (frames.length > 0) yield flush()
}
