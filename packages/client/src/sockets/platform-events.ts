import type { EventParts } from '../event-parts.ts'

/** What the class is made of in browsers: their own. */
export const parts: EventParts = globalThis
