import type { Serve } from './job.ts'
import * as dialects from './load/dialects.ts'

export interface Peer {
  readonly label: string
  readonly dialect: dialects.Dialect
  readonly load: () => Promise<{ readonly serve: Serve }>
  /** wsauth itself. */
  readonly ours?: boolean
}

const ticket: dialects.Dialect = dialects.query('ticket')

/** Everything that is measured, by the name that the server process is given. */
export const peers = {
  bare: { label: 'ws, no authentication', dialect: dialects.bare, load: () => import('./peers/bare.ts') },
  'bare-first-message': {
    label: 'ws, any first message will do',
    dialect: dialects.firstMessage,
    load: () => import('./peers/bare-first-message.ts'),
  },
  'recipe-jsonwebtoken': {
    label: 'ws + jsonwebtoken by hand',
    dialect: dialects.firstMessage,
    load: () => import('./peers/recipe-jsonwebtoken.ts'),
  },
  'recipe-jose': {
    label: 'ws + jose by hand',
    dialect: dialects.firstMessage,
    load: () => import('./peers/recipe-jose.ts'),
  },
  'recipe-as-typed': {
    label: 'the recipe as typed',
    dialect: dialects.firstMessage,
    load: () => import('./peers/recipe-as-typed.ts'),
  },
  fastify: {
    label: '@fastify/websocket + jwt',
    dialect: dialects.header,
    load: () => import('./peers/fastify.ts'),
  },
  'graphql-ws': {
    label: 'graphql-ws onConnect',
    dialect: dialects.graphql,
    load: () => import('./peers/graphql-ws.ts'),
  },
  'socket-io': {
    label: 'Socket.IO middleware',
    dialect: dialects.socketIo,
    load: () => import('./peers/socket-io.ts'),
  },
  hocuspocus: {
    label: 'Hocuspocus onAuthenticate',
    dialect: dialects.hocuspocus,
    load: () => import('./peers/hocuspocus.ts'),
  },
  wsauth: {
    label: 'wsauth, first message',
    dialect: dialects.firstMessage,
    load: () => import('./peers/wsauth.ts'),
    ours: true,
  },
  'wsauth-v1': {
    label: 'wsauth, version 1 client',
    dialect: dialects.firstMessageV1,
    load: () => import('./peers/wsauth.ts'),
    ours: true,
  },
  'wsauth-header': {
    label: 'wsauth, header',
    dialect: dialects.header,
    load: () => import('./peers/wsauth.ts'),
    ours: true,
  },
  'tickets-by-hand': {
    label: 'a map by hand',
    dialect: ticket,
    load: () => import('./peers/tickets-by-hand.ts'),
  },
  'tickets-by-hand-web': {
    label: 'a map by hand, web Request',
    dialect: ticket,
    load: () => import('./peers/tickets-by-hand-web.ts'),
  },
  'tickets-wsauth': {
    label: 'wsauth, MemoryTicketStore',
    dialect: ticket,
    load: () => import('./peers/tickets-wsauth.ts'),
    ours: true,
  },
  'tickets-by-hand-redis': {
    label: 'Redis by hand',
    dialect: ticket,
    load: () => import('./peers/tickets-by-hand-redis.ts'),
  },
  'tickets-wsauth-redis': {
    label: 'wsauth, RedisTicketStore',
    dialect: ticket,
    load: () => import('./peers/tickets-wsauth-redis.ts'),
    ours: true,
  },
  'expiry-by-hand': {
    label: 'ws + jose by hand, a timer each',
    dialect: dialects.firstMessage,
    load: () => import('./peers/expiry-by-hand.ts'),
  },
  'expiry-wsauth': {
    label: 'wsauth',
    dialect: dialects.firstMessage,
    load: () => import('./peers/expiry-wsauth.ts'),
    ours: true,
  },
} as const satisfies Readonly<Record<string, Peer>>

export type PeerName = keyof typeof peers

export function peer(name: PeerName): Peer {
  return peers[name]
}
