import jwt from '@fastify/jwt'
import websocket from '@fastify/websocket'
import Fastify from 'fastify'
import { type Job, keyObject, type Served, secretText } from '../job.ts'
import { listen } from './listen.ts'

/** `@fastify/websocket` with `@fastify/jwt`: the token in the header of the upgrade request. */
export async function serve(job: Job): Promise<Served> {
  const { algorithm, issuer, audience } = job
  const app = Fastify()
  const isShared = algorithm === 'HS256'
  const pem = isShared ? '' : keyObject(job).export({ type: 'spki', format: 'pem' })
  await app.register(jwt, {
    secret: isShared ? secretText(job) : { public: pem, private: '' },
    verify: { algorithms: [algorithm], allowedIss: issuer, allowedAud: audience },
  })
  await app.register(websocket)
  const preValidation = (request: { jwtVerify(): Promise<unknown> }) => request.jwtVerify()
  app.get('/ws', { websocket: true, preValidation }, (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
  })
  await app.ready()
  return listen(app.server, job)
}
