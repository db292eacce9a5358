import { SignInRequired } from '@wsauth/client'
import { type ConnectionList, type Ending, type ListedConnection, renewMarginMs } from '../../shared/lab.ts'
import type { Account } from '../account.ts'
import { get, post, Refused } from '../api.ts'
import { every, h } from '../dom.ts'
import { count } from '../format.ts'

const pollMs = 1_000
const columns = ['Who', 'Way in', 'Since', 'Until', 'End it'] as const

/** Who is connected right now, kept up to date, with the means to end it. */
export function connectionTable(account: Account): HTMLElement {
  const body = h('tbody')
  const table = h(
    'table',
    { hidden: true },
    h('thead', {}, h('tr', {}, ...columns.map((name) => h('th', { scope: 'col' }, name)))),
    body,
  )
  const status = h('p', { class: 'outcome', role: 'status' })
  const lead = h('p', { class: 'lead' })
  const rows = new Map<string, Row>()
  const ends = new AbortController()

  async function end(listed: ListedConnection, how: Ending): Promise<void> {
    try {
      const token = await account.bearer()
      await post('/lab/end', { body: { connection: listed.connection, how }, token })
      status.textContent =
        how === 'revoke'
          ? `The session of ${listed.name} is revoked.`
          : `${listed.name} has ${renewMarginMs / 1_000} s to present a newer token.`
      status.dataset.tone = 'good'
    } catch (error) {
      status.textContent = error instanceof Error ? error.message : 'That did not work.'
      status.dataset.tone = 'bad'
    }
  }

  async function refresh(): Promise<void> {
    try {
      const { all, connections } = await get<ConnectionList>('/lab/connections', {
        token: await account.bearer(),
      })
      lead.textContent = all
        ? `${count(connections.length, 'connection')}, everybody’s: you are the administrator.`
        : `${count(connections.length, 'connection')} of yours. The administrator, who made the first account, sees everybody’s.`
      show(connections)
    } catch (error) {
      const isSignedOut =
        error instanceof SignInRequired || (error instanceof Refused && error.status === 401)
      lead.textContent = isSignedOut ? 'This session has ended.' : 'The server does not answer.'
      if (!isSignedOut) return
      // Perhaps by this very page: there is nothing left to ask for.
      ends.abort()
      show([])
    }
  }

  function show(connections: readonly ListedConnection[]): void {
    table.hidden = connections.length === 0
    const gone = new Set(rows.keys())
    for (const listed of connections) {
      gone.delete(listed.connection)
      const row = rows.get(listed.connection) ?? makeRow(listed, end)
      row.until.textContent =
        listed.endsInMs === undefined ? 'no end' : `in ${Math.max(0, Math.round(listed.endsInMs / 1_000))} s`
      if (!rows.has(listed.connection)) body.append(row.element)
      rows.set(listed.connection, row)
    }
    for (const connection of gone) {
      rows.get(connection)?.element.remove()
      rows.delete(connection)
    }
  }

  every(pollMs, ends.signal, () => void refresh())
  void refresh()
  return h(
    'section',
    { class: 'card ways admin', 'aria-labelledby': 'admin-title' },
    h('h2', { id: 'admin-title' }, 'Live connections'),
    lead,
    h(
      'p',
      { class: 'lead' },
      `Whoever is required to have a newer token stays connected by presenting one within ${renewMarginMs / 1_000} s. A log-in that is revoked is over: its sockets are closed with 4004, and no token of it opens another.`,
    ),
    status,
    table,
  )
}

interface Row {
  readonly element: HTMLElement
  readonly until: HTMLElement
}

function makeRow(
  listed: ListedConnection,
  end: (listed: ListedConnection, how: Ending) => Promise<void>,
): Row {
  const button = (how: Ending, text: string): HTMLElement => {
    const element = h(
      'button',
      { type: 'button', class: 'small', 'aria-label': `${text}: ${listed.name}` },
      text,
    )
    element.addEventListener('click', () => void end(listed, how))
    return element
  }
  const until = h('td', { 'data-label': columns[3] })
  const element = h(
    'tr',
    {},
    h('th', { scope: 'row' }, listed.name),
    h('td', { 'data-label': columns[1] }, `${listed.method}()`),
    h('td', { 'data-label': columns[2] }, new Date(listed.sinceMs).toLocaleTimeString()),
    until,
    h('td', { class: 'endings' }, button('renew', 'Require a newer token'), button('revoke', 'Revoke')),
  )
  return { element, until }
}
