/** What keeps the demo from starting, in words that say what to do instead. */

export function cannotListen(cause: unknown, host: string, port: number): Error {
  const because = (text: string): Error => new Error(text, { cause })
  switch (codeOf(cause)) {
    case 'EADDRINUSE':
      return because(`Port ${port} is in use: choose another, such as PORT=${port === 8081 ? 8082 : 8081}.`)
    case 'EACCES':
      return because(`Port ${port} takes more rights than this user has: choose another, such as PORT=8080.`)
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return because(
        `HOST=${host} is no address of this machine: leave it out, or write HOST=0.0.0.0 for all.`,
      )
    default:
      return because(messageOf(cause))
  }
}

export function cannotOpen(cause: unknown, file: string): Error {
  return new Error(
    `The accounts in ${file} cannot be opened: ${messageOf(cause)}. Move that file away, or name another with DATA.`,
    { cause },
  )
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
