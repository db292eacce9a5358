import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'

// OWASP Password Storage Cheat Sheet: scrypt with N = 2^17, r = 8, p = 1, which takes 128 MiB for each hash.
const parameters: ScryptOptions = { N: 2 ** 17, r: 8, p: 1, maxmem: 192 * 2 ** 20 }
const atOnce = 4
const mayWait = 32

type Derive = (password: string, salt: Buffer) => Promise<Buffer>

/** Too many hashes are waiting already; the caller answers 503. */
export class TooBusy extends Error {
  override readonly name: string = 'TooBusy'
}

/**
 * Hashes and checks passwords, at most four at once, so that a flood of log-ins costs half a GiB and no more.
 *
 * A name that does not exist is checked against a dummy hash: it takes as long as one that does.
 */
export class Passwords {
  readonly #derive: Derive
  #running = 0
  readonly #waiting: (() => void)[] = []
  readonly #dummy: Promise<string>

  constructor(derive: Derive = deriveWithScrypt) {
    this.#derive = derive
    this.#dummy = this.hash(randomBytes(16).toString('base64url'))
  }

  async hash(password: string): Promise<string> {
    const salt = randomBytes(16)
    return `${salt.toString('base64url')}.${(await this.#inTurn(password, salt)).toString('base64url')}`
  }

  async matches(password: string, stored: string | undefined): Promise<boolean> {
    const [salt = '', hash = ''] = (stored ?? (await this.#dummy)).split('.')
    const derived = await this.#inTurn(password, Buffer.from(salt, 'base64url'))
    return timingSafeEqual(derived, Buffer.from(hash, 'base64url')) && stored !== undefined
  }

  async #inTurn(password: string, salt: Buffer): Promise<Buffer> {
    if (this.#running >= atOnce) {
      if (this.#waiting.length >= mayWait) throw new TooBusy()
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    } else {
      this.#running += 1
    }
    try {
      return await this.#derive(password, salt)
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#running -= 1
    }
  }
}

function deriveWithScrypt(password: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) =>
    scrypt(password.normalize('NFKC'), salt, 32, parameters, (error, key) =>
      error ? reject(error) : resolve(key),
    ),
  )
}
