// What React Native puts into an application's global scope (its Libraries/Core/setUpXHR.js), as far as a WebSocket
// client can meet it: all of it React Native's own code.
import { URL } from '#react-native/Libraries/Blob/URL'
import WebSocket from '#react-native/Libraries/WebSocket/WebSocket'
import { AbortController } from '#react-native/src/private/webapis/dom/abort-api/AbortController'
import { AbortSignal_public as AbortSignal } from '#react-native/src/private/webapis/dom/abort-api/AbortSignal'

Object.assign(globalThis, { WebSocket, URL, AbortController, AbortSignal })
