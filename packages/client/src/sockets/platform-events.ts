import type { EventParts } from '../event-parts.ts'

// What the class is made of in browsers: their own.
export const EventTarget: EventParts['EventTarget'] = globalThis.EventTarget
export const Event: EventParts['Event'] = globalThis.Event
export const MessageEvent: EventParts['MessageEvent'] = globalThis.MessageEvent
export const CloseEvent: EventParts['CloseEvent'] = globalThis.CloseEvent
export const DOMException: EventParts['DOMException'] = globalThis.DOMException
