import { between } from '@wsauth/protocol/testing'
import type { AuthWebSocket } from '@wsauth/server'
import type { Peer } from './peer.ts'
import type { Scene } from './scene.ts'

/** The application listens to the server's events. */
export function listens(scene: Scene): void {
  const { wss } = scene
  wss.on('hook_error', () => {})
  for (const name of ['auth_ok', 'auth_fail', 'auth_refresh', 'auth_expired', 'auth_revoked'] as const)
    wss.on(name, () => mayBreak(scene, name))
}

/** The application has it. */
export function admitted(scene: Scene, peer: Peer, socket: AuthWebSocket): void {
  const { random, count, watch } = scene
  count(`admitted by ${socket.auth.method}`)
  watch.admitted(peer, socket)
  peer.onText = (text) => {
    if (text.startsWith('s') && !watch.mayHear(peer))
      watch.blame('P1', peer, 'was sent a message while it was not authenticated')
  }
  socket.on('message', (data) => {
    count('delivered')
    watch.heard(peer, String(data))
    if (random() < 0.05) closes(scene, peer)
    breaksAt(scene, peer, 'message')
  })
  socket.on('close', () => {
    peer.closeEvents++
    breaksAt(scene, peer, 'close')
  })
  if (random() < 0.5) socket.send(`s${peer.id}`)
  if (random() < 0.05) closes(scene, peer)
  breaksAt(scene, peer, 'connection')
}

/** The application sends, stops reading or reads on, closes, or asks for a newer token. */
export function applicationActs(scene: Scene, peer: Peer): void {
  const { socket } = peer
  if (!socket) return
  const { clock, random, watch } = scene
  const dice = random()
  if (dice < 0.3) socket.send(`s${peer.id}`)
  else if (dice < 0.5) {
    peer.isPaused = !peer.isPaused
    peer.pausedFrom = peer.sent.length
    if (peer.isPaused) socket.pause()
    else socket.resume()
  } else if (dice < 0.65) closes(scene, peer)
  else {
    const deadlineMs = between(random, 1, 4_000)
    scene.tell(`requireAuth of p${peer.id} in ${deadlineMs}`)
    scene.count('requireAuth')
    if (watch.isLive(peer)) peer.endsByMs = Math.min(peer.endsByMs, clock.now() + deadlineMs)
    scene.waiting.push(socket.requireAuth({ deadlineMs }).catch(() => {}))
  }
}

function closes({ random, tell }: Scene, peer: Peer): void {
  tell(`the application closes p${peer.id}`)
  if (random() < 0.5) peer.socket?.close(4_500)
  else peer.socket?.terminate()
  peer.isEnded = true
}

/** A listener of the application fails, now or later in the turn. */
function mayBreak({ random, count, tell, breaks }: Scene, what: string): void {
  if (!breaks || random() > 0.1) return
  count(`${what} breaks`)
  tell(`a listener of ${what} breaks`)
  throw new Error('a listener broke')
}

function breaksAt(scene: Scene, peer: Peer, what: string): void {
  try {
    mayBreak(scene, what)
  } catch (error) {
    peer.isEnded = true
    throw error
  }
}
