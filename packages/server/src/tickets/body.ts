import { AuthError } from '@wsauth/protocol'

const maxBodyBytes = 4_096
const maxPathLength = 1_024

/**
 * The path that a ticket is asked for, out of a body of at most 4 KiB: `{"path":"/ws"}`, nothing, or an object without it.
 * Throws `invalid_request` for anything else.
 */
export async function pathOfBody(request: Request): Promise<string | undefined> {
  const text = await textOf(request)
  if (text.trim() === '') return undefined
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    throw new AuthError('invalid_request')
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new AuthError('invalid_request')
  const path: unknown = Object.hasOwn(body, 'path') ? (body as { path: unknown }).path : undefined
  if (path === undefined) return undefined
  // `wss://host` asks for `/` (RFC 6455 §3).
  if (path === '') return '/'
  const isPath =
    typeof path === 'string' && path.length <= maxPathLength && /^\/(?!\/)[\x21-\x7e]*$/.test(path)
  if (!isPath || path.includes('?') || path.includes('#')) throw new AuthError('invalid_request')
  return path
}

async function textOf(request: Request): Promise<string> {
  if (!request.body) return ''
  const chunks: Uint8Array[] = []
  let bytes = 0
  const reader = request.body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return Buffer.concat(chunks).toString()
    bytes += value.byteLength
    if (bytes > maxBodyBytes) {
      await reader.cancel()
      throw new AuthError('invalid_request')
    }
    chunks.push(value)
  }
}
