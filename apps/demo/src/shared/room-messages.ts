import type { Piece } from './mask.ts'

/** What travels over the socket once it is authenticated: the chat's own messages, of which wsauth knows nothing. */

export interface Say {
  readonly type: 'say'
  /** Made by the page; the same message sent twice, because nobody knew whether it arrived, is said once. */
  readonly id: string
  readonly text: string
}

export interface Said {
  readonly type: 'said'
  readonly id: string
  readonly text: string
  readonly from: string
  readonly userId: string
  readonly atMs: number
}

/** What the upgrade request brought, as the server saw it, secrets masked. */
export interface Arrival {
  readonly target: readonly Piece[]
  readonly headers: readonly (readonly [name: string, value: readonly Piece[]])[]
}

interface Welcome {
  readonly type: 'welcome'
  /** Names this connection to the buttons that break it. */
  readonly connection: string
  /** The method that the credential came by. */
  readonly method: string
  readonly arrival: Arrival
  readonly history: readonly Said[]
}

interface People {
  readonly type: 'people'
  readonly names: readonly string[]
}

export type RoomMessage = Said | Welcome | People

export const longestText = 2_000

/** A message of a page, or `undefined` for anything else. */
export function parseSay(text: string): Say | undefined {
  const message = parseObject(text)
  if (message?.type !== 'say') return undefined
  const { id, text: said } = message
  if (typeof id !== 'string' || !/^[\w-]{1,64}$/.test(id)) return undefined
  if (typeof said !== 'string' || said.trim() === '' || said.length > longestText) return undefined
  return { type: 'say', id, text: said }
}

/** A message of our own server, which the page trusts with its shape. */
export function parseRoomMessage(text: string): RoomMessage | undefined {
  const message = parseObject(text)
  return isRoomMessage(message) ? message : undefined
}

function isRoomMessage(message: unknown): message is RoomMessage {
  return (
    typeof message === 'object' &&
    message !== null &&
    'type' in message &&
    (message.type === 'said' || message.type === 'welcome' || message.type === 'people')
  )
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}
