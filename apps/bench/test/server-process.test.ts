import { expect, it } from 'vitest'
import { ServerProcess } from '../src/server-process.ts'
import { createIssuer } from '../src/tokens.ts'

it('a question that its server leaves without an answer is an error, and holds nobody up', async () => {
  const server = await ServerProcess.start('bare', createIssuer('HS256').job)
  const asked = server.objects()
  const refused = expect(asked).rejects.toThrow('the server process of bare ended')
  await server.stop()
  await refused
})
