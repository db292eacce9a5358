// What runs in the Hermes VM: a far end for want of a network, React Native's globals, and wsauth's client.
export { far } from './far-end.ts'

import '../phone/react-native.js'

export * from '@wsauth/client'
