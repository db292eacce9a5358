/** Where a socket goes and what it brings along; a method adds its credential. */
export interface Destination {
  readonly url: string
  readonly protocols: readonly string[]
  /** Third argument of the socket underneath: `{ headers }` and the like. */
  readonly socketOptions?: object | undefined
  /** What the method has put there in the token's place: masked as the token is (P5). */
  readonly credential?: string
}
