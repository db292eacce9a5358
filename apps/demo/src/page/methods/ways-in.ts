import { cookie, firstMessage, header, type Method, query, subprotocol, ticket } from '@wsauth/client'
import { cookiePath, socketPath } from '../../shared/paths.ts'

type WayName = 'firstMessage' | 'ticket' | 'cookie' | 'subprotocol' | 'query' | 'header'

/** One way for a credential to travel, and what speaks for and against it. */
export interface WayIn {
  readonly name: WayName
  readonly method: () => Method
  readonly path: string
  readonly where: string
  readonly good: string
  readonly bad: string
  readonly choose: string
}

export const waysIn: readonly WayIn[] = [
  {
    name: 'firstMessage',
    method: () => firstMessage(),
    path: socketPath,
    where: 'First frame, after the 101',
    good: 'In no URL, no header and no log. Works in every browser. The page sees why it was refused.',
    bad: 'The socket opens before anybody is known: the server needs a deadline and a budget for strangers, which it has.',
    choose: 'Always, unless something before the 101 has to know who comes.',
  },
  {
    name: 'ticket',
    method: () => ticket({ endpoint: '/ticket' }),
    path: socketPath,
    where: 'URL, as a one-time stand-in',
    good: 'Known before the 101. What a log keeps is used up, and dead after 30 s.',
    bad: 'One more request for every attempt, and a store that all nodes share.',
    choose: 'A gateway or proxy decides by the URL.',
  },
  {
    name: 'cookie',
    method: () => cookie(),
    path: cookiePath,
    where: 'Cookie header, added by the browser',
    good: 'No script ever holds the credential. Known before the 101.',
    bad: 'The browser adds it for every page that connects, sibling subdomains included: only an exact Origin list helps. No refresh in place.',
    choose: 'Page and socket share a site, and there is a session cookie already.',
  },
  {
    name: 'subprotocol',
    method: () => subprotocol(),
    path: socketPath,
    where: 'Sec-WebSocket-Protocol header',
    good: 'The one header that a browser lets a page fill. Known before the 101.',
    bad: 'Some logs keep headers, and the token is in one.',
    choose: 'Known before the 101, and no endpoint for tickets.',
  },
  {
    name: 'query',
    method: () => query(),
    path: socketPath,
    where: 'URL, the token itself',
    good: 'Works with anything that takes a URL.',
    bad: 'Access logs, proxies and the browser console keep URLs. Only tokens with at most 60 s left are taken.',
    choose: 'Nothing else is possible.',
  },
  {
    name: 'header',
    method: () => header(),
    path: socketPath,
    where: 'Authorization header',
    good: 'As with any HTTP request: the status tells why it was refused.',
    bad: 'No browser lets a page set it.',
    choose: 'Node, React Native, services among themselves.',
  },
]
