import type { RedisLink } from './redis-link.ts'
import { inspectServer } from './scripts.ts'

/** What about the server may lose revocations, in words. Nothing where it does not say. */
export async function warningsAbout(link: RedisLink, key: string): Promise<string[]> {
  const reply = await link.run(inspectServer, [key]).catch(() => undefined)
  const [policy, aof] = Array.isArray(reply) ? reply : []
  const warnings: string[] = []
  if (typeof policy === 'string' && policy !== '' && policy !== 'noeviction') {
    warnings.push(
      `@wsauth/redis: this Redis has maxmemory-policy ${policy}, so a full memory makes it forget revocations and tickets, ` +
        'and revoked tokens are good again. Set maxmemory-policy noeviction.',
    )
  }
  if (aof === '0') {
    warnings.push(
      '@wsauth/redis: this Redis keeps no append-only file, so a crash makes it forget the revocations since its last ' +
        'snapshot until a node that knows them writes them again. Set appendonly yes.',
    )
  }
  return warnings
}
