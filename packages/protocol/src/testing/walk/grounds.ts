import type { ClientPolicy } from '../../handshake/client.ts'
import type { ServerPolicy } from '../../handshake/server-state.ts'
import { asText, presented } from '../played-client.ts'
import type { Extra, Ground } from './place.ts'

const never = Number.POSITIVE_INFINITY

const server: ServerPolicy = {
  deadlineMs: 5_000,
  firstMessage: true,
  bearerText: true,
  reject: 'auto',
  allowAnonymous: false,
  preAuthMessages: 4,
  heartbeatMs: never,
  refreshesPerMinute: 2,
  revalidateMs: never,
}

const client: ClientPolicy = {
  version: 1,
  ...presented.message,
  connectTimeoutMs: 10_000,
  authTimeoutMs: 10_000,
  closeTimeoutMs: 2_000,
  tokenTimeoutMs: 10_000,
  renews: true,
  hide: asText,
}

const fromPeers: readonly Extra[] = [
  'server rambles',
  'client says',
  'server says',
  'leave',
  'cut',
  'meddle',
  'refuse',
  'drain',
]
const fromTokens: readonly Extra[] = [
  'verifier fails',
  'bad token',
  'token of another user',
  'same token',
  'provider fails',
  'provider gives up',
]
const fromLife: readonly Extra[] = ['revoke', 'revoke with a margin', 'step up', 'refresh']

const plain: Ground = {
  name: 'first message, version 1',
  server,
  client,
  cookie: 'none',
  tokenLifeMs: 10_000,
  horizonMs: 60_000,
  prefix: [],
  depth: 9,
  extras: 2,
  of: [...fromPeers, ...fromTokens, ...fromLife],
}

/** From the token to auth_ok. */
const untilOpen: readonly string[] = ['fresh token', 'up', 'down', 'up', 'verdict 0', 'down']

/** What the exhaustive walk covers: each way to present a credential, and each stage of a life, to a depth that takes seconds. */
export const grounds: readonly Ground[] = [
  plain,
  { ...plain, name: 'first message, version 0', client: { ...client, version: 0 }, depth: 9 },
  {
    ...plain,
    name: 'bearer text',
    client: { ...client, version: 0, ...presented['bearer-text'] },
    depth: 8,
  },
  {
    ...plain,
    name: 'upgrade, version 1',
    client: { ...client, ...presented.upgrade },
    server: { ...server, firstMessage: false },
    depth: 8,
  },
  {
    ...plain,
    name: 'upgrade, version 0',
    client: { ...client, ...presented.upgrade, version: 0 },
    depth: 8,
  },
  { ...plain, name: 'a stale cookie, then a first message', cookie: 'stale', depth: 9 },
  {
    ...plain,
    name: 'a good cookie, then a first message',
    cookie: 'good',
    of: ['ramble', 'client says', 'meddle', 'cut', 'step up', ...fromTokens, ...fromLife],
  },
  {
    ...plain,
    name: 'nobody may come in, by a first message',
    server: { ...server, allowAnonymous: true },
    depth: 8,
    of: ['no token', 'client says', 'meddle', 'ramble', 'step up', 'cut', 'refresh', 'revoke', ...fromTokens],
  },
  {
    ...plain,
    name: 'nobody may come in, by the upgrade',
    server: { ...server, allowAnonymous: true, firstMessage: false },
    client: { ...client, ...presented.upgrade },
    depth: 8,
    of: ['no token', 'client says', 'refresh', 'drain', ...fromTokens],
  },
  {
    ...plain,
    name: 'an open session: refresh, revocation, demands, drain',
    prefix: untilOpen,
    extras: 3,
    depth: 8,
    of: ['client says', 'server says', 'drain', 'leave', ...fromTokens, ...fromLife],
  },
  {
    ...plain,
    name: 'an open session that beats and is looked at',
    server: { ...server, heartbeatMs: 3_000, revalidateMs: 4_000 },
    prefix: untilOpen,
    depth: 11,
    of: ['cut', 'refresh', 'verifier fails', 'revoke with a margin'],
  },
  {
    ...plain,
    name: 'a refresh under way',
    prefix: [...untilOpen, 'refresh', 'fresh token', 'up'],
    depth: 8,
    extras: 3,
    of: ['client says', 'server says', 'drain', 'cut', 'meddle', ...fromTokens, ...fromLife],
  },
  {
    ...plain,
    name: 'an open session that takes no refresh',
    server: { ...server, refreshesPerMinute: 0 },
    prefix: untilOpen,
    depth: 9,
    of: ['client says', 'server says', 'refresh', 'step up', 'cut'],
  },
]
