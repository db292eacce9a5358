import type { TokenRequest } from './options.ts'

/** Where tabs of one browser, on one server and with one user, fetch one token for all of them. */
export interface Tabs {
  /** What `ask()` gives, or a token that another tab had meanwhile and that is none of `refused`. */
  share(request: TokenRequest, refused: readonly string[], ask: () => Promise<string>): Promise<string>
  /** The last token that was another tab's. */
  taken?: string
  leave(): void
}

/** Joins the tabs under `name`, where the platform has tabs and locks; `undefined` elsewhere. */
export type JoinTabs = (name: string) => Tabs | undefined
