// Stores for many nodes

// What they are given
export type { RedisClient, RedisCommands } from './redis-client.ts'
export type { RedisHealth, RedisLinkOptions } from './redis-link.ts'
export type { Fence } from './scripts.ts'
export { RedisTicketStore, type RedisTicketStoreOptions } from './ticket-store.ts'
