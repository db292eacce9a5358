import { AuthClient } from '@wsauth/client'
import type { TokenIssuer } from '@wsauth/server'

/** Each has a few tabs open. */
export const users: readonly string[] = [
  'ada',
  'alan',
  'barbara',
  'dennis',
  'donald',
  'edsger',
  'frances',
  'grace',
  'john',
  'katherine',
  'ken',
  'margaret',
]
const tabs = 5

export interface TabFacts {
  readonly userId: string
  readonly state: string
  /** Where it is, as long as it is open. */
  readonly node: string
}

/** People with their tabs open, as real clients of this product. */
export class Crowd {
  readonly #tabs: { readonly userId: string; readonly client: AuthClient; node: string }[] = []

  constructor(url: string, tokens: TokenIssuer) {
    for (const userId of users) {
      for (let n = 0; n < tabs; n++) {
        const client = new AuthClient(url, { token: () => tokens.issue({ userId }) })
        const tab = { userId, client, node: '' }
        client.on('message', (data) => {
          const { node } = JSON.parse(String(data))
          tab.node = String(node)
        })
        client.on('state', (state) => {
          if (state !== 'open') tab.node = ''
        })
        this.#tabs.push(tab)
      }
    }
  }

  facts(): TabFacts[] {
    return this.#tabs.map(({ userId, client, node }) => ({ userId, state: client.state, node }))
  }

  openOf(userId: string): number {
    return this.#tabs.filter((tab) => tab.userId === userId && tab.client.state === 'open').length
  }

  /** With a new token; the old ones are revoked for good. */
  signIn(userId: string): void {
    for (const tab of this.#tabs) if (tab.userId === userId) tab.client.connect()
  }

  close(): void {
    for (const { client } of this.#tabs) client.close()
  }
}
