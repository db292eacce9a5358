import type { EventParts } from '../event-parts.ts'

/** What the class is made of in browsers: their own. */
export const parts: EventParts = globalThis

/** An address as the standard has it: absolute and normalised. Throws for what is none. */
export function hrefOf(given: string | URL): string {
  return new URL(given, globalThis.location?.href).href
}

/** Bytes of UTF-8; `undefined` is as long as its name. */
export function bytesOf(text: string | undefined): number {
  return new Blob([text as string]).size
}
