/**
 * The URL of an endpoint that keys or verdicts come from: `https:`, or `http:` to this very machine, and no user name in it.
 * Throws a `TypeError` otherwise.
 */
export function assertEndpoint(whose: string, name: string, value: unknown): URL {
  let url: URL | undefined
  try {
    url = new URL(String(value))
  } catch {
    // Said below.
  }
  const isPrivate = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname))
  if (!url || !isPrivate || url.username !== '' || url.password !== '') {
    throw new TypeError(
      `${whose}: \`${name}\` is a URL that starts with https:// (http:// to localhost alone), without a user name in it`,
    )
  }
  return url
}

function isLoopback(hostname: string): boolean {
  return /^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
}

/**
 * The JSON that a URL answers with, 200 alone. No redirects: they would hand the choice of endpoint to whoever can make the
 * server redirect. Rejects past the time or the size; what it rejects with is not for a log.
 */
export async function fetchedJson(
  fetcher: typeof fetch,
  url: URL,
  init: RequestInit,
  { timeoutMs, maxBytes }: { readonly timeoutMs: number; readonly maxBytes: number },
): Promise<unknown> {
  const response = await fetcher(url, {
    ...init,
    headers: { accept: 'application/json', ...init.headers },
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  })
  if (response.status !== 200 || !response.body) {
    await response.body?.cancel()
    throw new Error('not a 200')
  }
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body) {
    bytes += chunk.byteLength
    // Leaving the loop cancels the body.
    if (bytes > maxBytes) throw new Error('too large')
    chunks.push(chunk)
  }
  return JSON.parse(Buffer.concat(chunks).toString())
}
