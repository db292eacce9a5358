// client.js in a Worker: a request is answered with what its application saw.

import { AuthClient, header } from '@wsauth/client'
import { play } from './client.js'

export default {
  async fetch(request) {
    const { searchParams } = new URL(request.url)
    const [port, ways] = [searchParams.get('port'), searchParams.get('ways').split(',')]
    return Response.json({ ...(await play({ port, ways })), header: refusalOf(() => header()) })
  },
}

/** Sockets of a Worker take no headers: said when the client is made, not by silence on the wire. */
function refusalOf(method) {
  try {
    new AuthClient('wss://api.example.com/', { token: 'a-token', method: method(), connect: false })
    return 'none'
  } catch (error) {
    return `${error}`
  }
}
