const masked = '[secret]'

/** A credential in a wrapper that logs, errors, `JSON.stringify` and `util.inspect` see as `[secret]`. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The credential itself: call it on the line that uses it, and do not keep the result. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return masked
  }

  toJSON(): string {
    return masked
  }
}

// Not in a `static {}` block: React Native's Babel preset refuses the whole file over one.
Object.defineProperty(Secret.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  value: Secret.prototype.toString,
})

/** Wraps a credential. @example log('verifying', { token: secret(rawToken) }) */
export function secret(value: string): Secret {
  return new Secret(value)
}
