import { configFrom } from './config.ts'
import { Demo } from './demo.ts'
import { messageOf } from './start-errors.ts'

try {
  const demo = await Demo.start(configFrom(process.env))
  console.log(`
  wsauth demo   ${demo.url}

  Sign in: make an account on the page, with a name such as ada and any password of 8 characters or more.
  The first account is the administrator. A second tab chats with the first; a private window can be somebody else.
  Ctrl-C stops the demo.
`)
  const stop = (): void => {
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
    void demo.close().then(() => console.log('  The demo has ended.'))
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
} catch (error) {
  console.error(`\n  ${messageOf(error)}\n`)
  process.exitCode = 1
}
