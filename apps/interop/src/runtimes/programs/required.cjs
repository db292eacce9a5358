// An application in CommonJS: require() gives what import() gives.

const client = require('@wsauth/client')
const server = require('@wsauth/server')

Promise.all([import('@wsauth/client'), import('@wsauth/server')]).then(([importedClient, importedServer]) => {
  console.log(
    client.AuthClient === importedClient.AuthClient,
    server.AuthWebSocketServer === importedServer.AuthWebSocketServer,
  )
})
