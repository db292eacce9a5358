// Stores for many nodes

export type { Durability } from './durability.ts'
export { RedisFleet, type RedisFleetOptions } from './fleet.ts'
export type { FleetStats, NodeReport } from './fleet-reports.ts'
export { RedisLimiter, type RedisLimiterOptions } from './limiter.ts'
export { RedisRevocations, type RedisRevocationsOptions } from './revocations.ts'
export type { Fence } from './scripts.ts'
export { RedisTicketStore, type RedisTicketStoreOptions } from './ticket-store.ts'

// What they are given, and what they tell

export type { RedisClient, RedisCommands } from './redis-client.ts'
export type { RedisHealth, RedisLinkOptions } from './redis-link.ts'
