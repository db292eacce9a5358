/**
 * What the class is made of, as the platform has it or as we do: React Native has no EventTarget, Event and DOMException, Node
 * has had no CloseEvent for long.
 */
export interface EventParts {
  readonly EventTarget: new () => EventTargetLike
  readonly Event: new (type: string) => EventLike
  readonly MessageEvent: new (type: string, members: { readonly data: unknown }) => EventLike
  readonly CloseEvent: new (
    type: string,
    members: { readonly code: number; readonly reason: string; readonly wasClean: boolean },
  ) => EventLike
  readonly DOMException: new (message: string, name: string) => Error
  /** Only in Cloudflare's Workers, whose EventTarget calls `onopen` and its like by itself, whatever set them. */
  readonly WebSocketPair?: unknown
}

export interface EventLike {
  readonly type: string
}

export interface ListenerOptions {
  readonly once?: boolean
  readonly signal?: AbortSignal
}

export interface EventTargetLike {
  addEventListener(type: string, listener: Listener | null, options?: boolean | ListenerOptions): void
  removeEventListener(type: string, listener: Listener | null): void
  dispatchEvent(event: EventLike): boolean
}

export type Listener = ((event: never) => unknown) | { handleEvent(event: never): unknown }
