import type { Version } from '../wire/messages.ts'
import { serializeAuthOk } from '../wire/serialize-message.ts'
import type { Grant, ServerPolicy } from './server-state.ts'

/** `auth_ok` for who was let in just now (PROTOCOL 3.2). */
export function welcome(policy: ServerPolicy, version: Version, channel: string, grant: Grant): string {
  const { heartbeatMs } = policy
  const { subject, sessionId, expiresInMs } = grant
  const { userId } = subject
  return serializeAuthOk({
    type: 'auth_ok',
    version,
    userId,
    channel,
    sessionId,
    heartbeatMs,
    ...(expiresInMs === undefined ? {} : { expiresInMs }),
  })
}
