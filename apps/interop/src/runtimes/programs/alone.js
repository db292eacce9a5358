// client.js as a program of its own: PORT, WAYS and SOCKET (`own`: the runtime's WebSocket) tell what to do.

import process from 'node:process'
import { play } from './client.js'

const { PORT, WAYS = '', SOCKET } = process.env
const WebSocket = SOCKET === 'own' ? globalThis.WebSocket : undefined
console.log(JSON.stringify(await play({ port: PORT, ways: WAYS.split(','), WebSocket })))
