/** Asks for a token. `request` is what the provider is told. */
type Ask<Request> = (request: Request) => string | Promise<string>

/** Where tabs of one browser, on one server and with one user, fetch one token for all of them. */
export interface Tabs {
  /** As `ask(request)`, but for a token that another tab had meanwhile. */
  share<Request extends { readonly refused: string | undefined; readonly signal: AbortSignal }>(
    request: Request,
    ask: Ask<Request>,
  ): Promise<string>
  leave(): void
}

/** Joins the tabs under `name`, where the platform has tabs and locks; `undefined` elsewhere. */
export type JoinTabs = (name: string) => Tabs | undefined
