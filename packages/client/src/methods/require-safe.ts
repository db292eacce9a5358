/** P7: a token does not travel in the clear, but for loopback. `url` is one of a WebSocket. */
export function requireSafe(url: string, allowInsecure: boolean | undefined): void {
  const isSafe = /^(wss:|ws:\/\/(([\w-]+\.)*localhost|127(\.\d+){3}|\[::1])(:\d+)?[/?])/.test(url)
  if (!allowInsecure && !isSafe) throw new TypeError('Use wss: and https:, or allowInsecure')
}
