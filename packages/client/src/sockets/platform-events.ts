import type { EventParts } from '../event-parts.ts'

/** What the class is made of in browsers: their own. */
export const parts: EventParts = globalThis

/** Bytes of UTF-8. */
export function bytesOf(text: string): number {
  return new Blob([text]).size
}
