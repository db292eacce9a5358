import { between, pick } from '@wsauth/protocol/testing'
import type { AuthWebSocket, RevokeTarget } from '@wsauth/server'
import type { Peer } from './peer.ts'
import type { Scene } from './scene.ts'
import { covers } from './tokens.ts'

/** Somebody is revoked or disconnected, or the server drains or closes. */
export function operatorActs(scene: Scene, peer: Peer): void {
  const { random } = scene
  const { userId = pick(random, ['ada', 'bob']), sessionId = `${userId}-1`, claims } = peer.auth ?? {}
  const target = pick<RevokeTarget>(random, [
    { userId: userId || 'ada' },
    { sessionId },
    { tokenId: `${claims?.token ?? 't0'}` },
  ])
  const dice = random()
  if (dice < 0.55) revoke(scene, target)
  else if (dice < 0.8) disconnect(scene, target)
  else if (dice < 0.9) drain(scene)
  else if (dice < 0.93) close(scene)
}

function revoke(scene: Scene, target: RevokeTarget): void {
  const { clock, random, tokens, watch } = scene
  const marginMs = pick(random, [0, 0, between(random, 1, 4_000)])
  const issuedBefore = clock.wallNow() - pick(random, [0, 0, between(random, 0, 4_000)])
  scene.tell(`revoke ${JSON.stringify(target)} before ${issuedBefore - clock.wallNow()}, margin ${marginMs}`)
  scene.count('revoke')
  const revoked = { target, issuedBeforeMs: issuedBefore }
  for (const peer of watch.peers) {
    const token = watch.follow(peer)
    if (!token || !covers(revoked, token, peer.auth?.sessionId)) continue
    peer.mayBeRevoked = true
    const byMs = clock.now() + (peer.channel === undefined ? 0 : marginMs)
    peer.revokedByMs = Math.min(peer.revokedByMs, byMs)
  }
  tokens.revoked.push(revoked)
  for (const peer of watch.peers) peer.mustBeLetIn = false
  scene.waiting.push(scene.wss.revoke(target, { issuedBefore, marginMs }))
}

function disconnect({ clock, count, tell, watch, wss }: Scene, target: RevokeTarget): void {
  if ('tokenId' in target) return
  tell(`disconnect ${JSON.stringify(target)}`)
  count('disconnect')
  const meant = watch.peers.filter(({ socket }) => socket?.readyState === 1 && isMeant(target, socket.auth))
  for (const peer of meant) {
    peer.endsByMs = clock.now()
    peer.mayBeRevoked = true
  }
  const said = wss.disconnect(target)
  if (said !== meant.length) watch.broken.push(`disconnect: said ${said}, were ${meant.length}`)
}

function isMeant(target: RevokeTarget, auth: AuthWebSocket['auth']): boolean {
  return 'userId' in target
    ? target.userId === auth.userId
    : 'sessionId' in target && target.sessionId === auth.sessionId
}

function drain({ clock, random, count, tell, watch, wss, waiting }: Scene): void {
  const overMs = between(random, 0, 8_000)
  tell(`drain over ${overMs}`)
  count('drain')
  watch.isShut = true
  let live = 0
  for (const peer of watch.peers) {
    peer.mustBeLetIn = false
    if (peer.socket?.readyState !== 1) continue
    live++
    peer.drainedByMs = Math.min(peer.drainedByMs, clock.now() + overMs)
  }
  const draining = wss.drain({ overMs, batch: between(random, 1, 4) })
  waiting.push(
    draining.then(({ closed, left }) => {
      if (closed < 0 || left < 0 || closed + left !== live)
        watch.broken.push(`drain: ${closed} closed and ${left} left of ${live}`)
    }),
  )
}

export function close(scene: Scene): void {
  if (scene.isClosed) return
  const { watch, wss } = scene
  scene.tell('the server closes')
  scene.count('close')
  watch.isShut = true
  scene.isClosed = true
  for (const peer of watch.peers) peer.mustBeLetIn = false
  const closed = new Promise((resolve) => wss.once('close', resolve))
  scene.waiting.push(closed)
  wss.close()
}
