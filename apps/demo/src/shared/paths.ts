/** Where sockets connect. */
export const socketPath: string = '/ws'

/** Where sockets that bring a cookie connect; the cookie's own path, so no other request carries it. */
export const cookiePath: string = '/ws/cookie'
