import { createServer } from 'node:http'
import { GraphQLNonNull, GraphQLObjectType, GraphQLSchema, GraphQLString } from 'graphql'
import { useServer } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'ws'
import type { Job, Served } from '../job.ts'
import { listen } from './listen.ts'
import { jsonwebtokenVerifier } from './verify-jsonwebtoken.ts'

const text = { type: new GraphQLNonNull(GraphQLString) }
const echo = {
  type: new GraphQLNonNull(GraphQLString),
  args: { text },
  resolve: (_: unknown, args: { text: string }) => args.text,
}
const schema = new GraphQLSchema({ query: new GraphQLObjectType({ name: 'Query', fields: { echo } }) })

/** graphql-ws with the token in `connection_init`, verified in `onConnect`. */
export async function serve(job: Job): Promise<Served> {
  const verify = jsonwebtokenVerifier(job)
  const server = createServer()
  const wss = new WebSocketServer({ server })
  useServer<{ token?: string }>(
    {
      schema,
      connectionInitWaitTimeout: job.deadlineMs,
      onConnect: ({ connectionParams }) => {
        try {
          verify(connectionParams?.token ?? '')
          return true
        } catch {
          return false
        }
      },
    },
    wss,
  )
  return listen(server, job)
}
