import type { EventParts } from '../event-parts.ts'

/** What the class is made of in browsers: their own. */
export const parts: EventParts = globalThis

/** Bytes of UTF-8; `undefined` is as long as its name. */
export function bytesOf(text: string | undefined): number {
  return new Blob([text as string]).size
}
