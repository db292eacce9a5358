/** What the page and the server tell each other over HTTP. */

export interface Credentials {
  readonly name: string
  readonly password: string
}

/** The answer to a sign-up, a log-in and a refresh; the refresh token travels in a cookie beside it. */
export interface SignedIn {
  readonly accessToken: string
  readonly user: { readonly id: string; readonly name: string; readonly admin: boolean }
}

/** What the sign-in page asks first. */
export interface AccountStatus {
  /** A session can be refreshed: no need to ask for a password. */
  readonly signedIn: boolean
  /** Somebody has an account here. */
  readonly accounts: boolean
}

export type ApiErrorName =
  | 'bad_request'
  | 'name_taken'
  | 'wrong_name_or_password'
  | 'signed_out'
  | 'slow_down'
  | 'forbidden'
  | 'not_found'
  | 'busy'

export interface ApiError {
  readonly error: ApiErrorName
  /** In words, for the person in front of the page. */
  readonly message: string
  readonly retryAfterMs?: number
}

export const nameLength: { readonly least: number; readonly most: number } = { least: 2, most: 24 }
export const passwordLength: { readonly least: number; readonly most: number } = { least: 8, most: 256 }
