import type { Peer } from './peer.ts'
import { isIn, type Scene } from './scene.ts'
import { told } from './tokens.ts'

/** A client speaks, presents a credential, lets go of what it holds back, or leaves. */
export function peerActs(scene: Scene, peer: Peer): void {
  if (peer.isGone) return
  const { random, tell } = scene
  const dice = random()
  if (dice < 0.35) says(scene, peer)
  else if (dice < 0.65) presents(scene, peer)
  else if (dice < 0.85) peer.flush()
  else if (dice < 0.92) peer.ping()
  else if (dice < 0.97) {
    tell(`p${peer.id} hangs up`)
    peer.hangUp()
  } else {
    tell(`p${peer.id} is reset`)
    peer.reset()
  }
}

/** A message of the application's, or one that looks like it. */
export function says(scene: Scene, peer: Peer): void {
  const { random, tokens, watch } = scene
  const brings = watch.continuous && random() < 0.9
  const auth = tokens.named(peer.auth?.claims.token)
  const token = brings ? (auth && random() < 0.7 ? auth : tokens.make()) : undefined
  scene.tell(`p${peer.id} says m${peer.sent.length}${token ? ` with ${told(token)}` : ''}`)
  const isSure = token !== undefined && isIn(scene, token) && token.userId === peer.auth?.userId
  peer.tell(token)
  if (!isSure || !peer.isFlushed) peer.isUnsure = true
}

/** A first message, or a newer token on a live connection. */
export function presents(scene: Scene, peer: Peer): void {
  const { random, tokens } = scene
  const known = peer.auth?.userId
  const reused = random() < 0.15 ? tokens.any() : undefined
  const token = reused ?? tokens.make(known && random() < 0.8 ? known : undefined)
  if (peer.channel !== undefined) {
    scene.count('refresh presented')
    scene.tell(`p${peer.id} refreshes with ${told(token)}`)
    peer.say(JSON.stringify({ wsauth: peer.channel, type: 'auth', token: peer.presents(token) }))
    return
  }
  // On a connection that is somebody's already it would be a message of the application's.
  if (peer.status !== 101 || peer.sentAuth || (peer.socket && peer.auth?.method !== 'cookie')) return
  if (peer.sent.length > 0 && peer.socket) return
  const nobody = scene.anonymous && random() < 0.5
  const v = random() < 0.7 ? 1 : undefined
  scene.tell(`p${peer.id} says auth${v ? ' v1' : ''} with ${nobody ? 'nothing' : told(token)}`)
  scene.count('first message')
  const takesIt = scene.methods.some(({ name }) => name === 'firstMessage')
  const isFresh = !peer.socket && !peer.isRefused && peer.sent.length < 10
  peer.mustBeLetIn = takesIt && isFresh && !nobody && isIn(scene, token)
  if (!takesIt && peer.socket) return
  peer.sentAuth = true
  peer.say(JSON.stringify({ type: 'auth', token: nobody ? '' : peer.presents(token), v }))
  // What has not come may be too late when it does.
  if (!peer.isFlushed) peer.mustBeLetIn = false
}
