// The application on the phone: React Native's globals first, then wsauth as an application would import it.
import './react-native.js'

export * from '@wsauth/client'
