import { pick } from '@wsauth/protocol/testing'
import { issueTicket, type Method } from '@wsauth/server'
import { incoming, type RawHeader } from '../requests.ts'
import { admitted } from './application-acts.ts'
import { Peer } from './peer.ts'
import { presents, says } from './peer-acts.ts'
import { isIn, origin, type Scene } from './scene.ts'
import { settle } from './time.ts'
import { type Token, told } from './tokens.ts'

/** A new client, with a credential in its request or without; it may go on to speak at once. */
export async function connect(scene: Scene): Promise<void> {
  const { clock, random, tokens, watch } = scene
  const offers = random() < 0.4
  const peer = new Peer(watch.peers.length, offers, () => clock.now(), random)
  peer.answersClose = random() < 0.8
  const headers: RawHeader[] = [
    ['Connection', 'Upgrade'],
    ['Upgrade', 'websocket'],
    ['Origin', origin],
  ]
  const offered = offers ? ['wsauth.v1'] : []
  let target = peer.path
  const method = pick(random, [...scene.methods] as [Method, ...Method[]])
  const reused = random() < 0.1 ? tokens.any() : undefined
  const token = reused ?? tokens.make()
  let isPresented = random() < 0.85
  if (!isPresented || method.name === 'firstMessage') isPresented = false
  else if (method.name === 'header') headers.push(['Authorization', `Bearer ${peer.presents(token)}`])
  else if (method.name === 'cookie') headers.push(['Cookie', `session=${peer.presents(token)}`])
  else if (method.name === 'query') target += `?token=${peer.presents(token)}`
  else if (method.name === 'subprotocol')
    offered.push(`wsauth.bearer.${Buffer.from(peer.presents(token)).toString('base64url')}`)
  else {
    peer.ticket = await ticketFor(scene, peer, token)
    target += `?ticket=${peer.ticket}`
  }
  if (offered.length > 0) headers.push(['Sec-WebSocket-Protocol', offered.join(', ')])
  scene.tell(
    `p${peer.id} connects${offers ? ' v1' : ''}${isPresented ? ` by ${method.name} ${told(token)}` : ''}`,
  )
  scene.count(isPresented ? method.name : 'nothing in the request')
  watch.peers.push(peer)
  peer.mustBeLetIn = isPresented && method.name !== 'ticket' && isIn(scene, token)
  if (random() < 0.1) says(scene, peer)
  const request = incoming({ url: target, headers })
  scene.wss.handleUpgrade(request, peer.wire, Buffer.alloc(0), (socket) => admitted(scene, peer, socket))
  if (random() < 0.03) peer.reset()
  await settle(scene)
  if (!isPresented && random() < 0.7) presents(scene, peer)
  else if (random() < 0.5) says(scene, peer)
}

/** A new one, or one that was shown before. */
async function ticketFor(scene: Scene, peer: Peer, token: Token): Promise<string> {
  const { clock, random, store, tickets } = scene
  const before = random() < 0.3 ? tickets.at(-1) : undefined
  const meant = before?.token ?? token
  peer.presents(meant)
  if (before || !token.isGood) return before?.ticket ?? 'none'
  const now = () => clock.wallNow()
  const { principal } = token
  const issued = await issueTicket({ store, principal, origin, now }).catch(() => undefined)
  if (issued) tickets.push({ ticket: issued.ticket, token })
  return issued?.ticket ?? 'none'
}
