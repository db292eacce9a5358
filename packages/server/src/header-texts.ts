/** What opening handshakes are made of: browsers, Node, and the proxies in front. */
const texts = `Host Connection Upgrade Pragma Cache-Control User-Agent Origin Cookie Accept Accept-Encoding
Accept-Language Authorization Sec-WebSocket-Version Sec-WebSocket-Key Sec-WebSocket-Extensions Sec-WebSocket-Protocol
Sec-Fetch-Dest Sec-Fetch-Mode Sec-Fetch-Site Sec-GPC DNT Priority X-Forwarded-For X-Forwarded-Host X-Forwarded-Port
X-Forwarded-Proto X-Forwarded-Server X-Real-IP X-Request-ID Forwarded Via
websocket WebSocket 13 keep-alive no-cache permessage-deflate wsauth.v1 empty same-origin same-site cross-site * https
1.1`.split(/\s+/)
const phrases = [
  'keep-alive, Upgrade',
  'permessage-deflate; client_max_window_bits',
  'gzip, deflate',
  'gzip, deflate, br',
  'gzip, deflate, br, zstd',
]
const shared: ReadonlyMap<string, string> = new Map(
  [...texts, ...texts.map((text) => text.toLowerCase()), ...phrases].map((text) => [text, text]),
)

/**
 * Puts one text for all in place of those that are the same in nearly every request: the parser makes each anew, and a
 * connection keeps its request until it is authenticated. What they say is unchanged.
 */
export function shareTexts(rawHeaders: string[]): void {
  for (let i = 0; i < rawHeaders.length; i++) {
    const text = shared.get(rawHeaders[i] ?? '')
    if (text !== undefined) rawHeaders[i] = text
  }
}
