/** A value that is at hand, or a promise of one. */
export type Awaitable<T> = T | Promise<T>

/** True for a promise of any make. */
export function isPending<T>(value: Awaitable<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

/**
 * `next` of a value, in the same turn where it is at hand: each turn of the microtask queue costs a storm of clients that
 * come back something, and what a verifier remembers makes nobody wait.
 */
export function after<T, R>(value: Awaitable<T>, next: (value: T) => Awaitable<R>): Awaitable<R> {
  return isPending(value) ? Promise.resolve(value).then(next) : next(value)
}

/** What `work` comes to; what it throws, or rejects with, goes through `rescue`. */
export function rescued<T>(work: () => Awaitable<T>, rescue: (error: unknown) => Awaitable<T>): Awaitable<T> {
  try {
    const value = work()
    return isPending(value) ? Promise.resolve(value).catch(rescue) : value
  } catch (error) {
    return rescue(error)
  }
}
