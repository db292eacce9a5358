import { post } from '../api.ts'
import { every } from '../dom.ts'

const renewMs = 5 * 60_000

/** Keeps the socket's cookie fresh while the cookie method is in use: no script can read it, so the server sets it. */
export function cookieKeeper(signal: AbortSignal): (isWanted: boolean) => Promise<void> {
  let wanted = false
  const renew = (): Promise<void> => post('/auth/socket-cookie')
  every(renewMs, signal, () => {
    if (wanted) void renew().catch(() => undefined)
  })
  return async (isWanted) => {
    wanted = isWanted
    if (wanted) await renew()
  }
}
