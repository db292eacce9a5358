import { fileURLToPath } from 'node:url'
import { createContext, runInContext } from 'node:vm'
import { bundleForPhone, type Platform } from './bundle.ts'
import { nativeWebSocketModule } from './native-web-socket.ts'

/** What the application of {@link startPhone} exports: `@wsauth/client`, in a world that has React Native's globals only. */
export type PhoneApp = typeof import('@wsauth/client')

const bundles = new Map<Platform, Promise<string>>()

/**
 * Starts the application on a phone: a global scope of its own that has the language, React Native's JavaScript and
 * the few functions that native code installs, and nothing of Node. `globals` take the place of React Native's.
 */
export async function startPhone(platform: Platform, globals: object = {}): Promise<PhoneApp> {
  const entry = fileURLToPath(new URL('./app.ts', import.meta.url))
  const bundle = bundles.get(platform) ?? bundleForPhone(entry, platform)
  bundles.set(platform, bundle)

  const scope: Record<string, unknown> = {
    console,
    setTimeout,
    clearTimeout,
    setInterval,
    clearInterval,
    queueMicrotask,
    performance: { now: () => performance.now() },
    RN$Bridgeless: true,
    nativeModuleProxy: {},
    navigator: { product: 'ReactNative' },
    // Of React Native's own `fetch` only this matters here: it sends no Origin. Node's would refuse a foreign signal.
    fetch: (url: string, { signal: _signal, ...init }: RequestInit = {}) => fetch(url, init),
    Headers,
  }
  createContext(scope, { name: `phone-${platform}` })
  runInContext('globalThis.window = globalThis.self = globalThis', scope)
  const emit = (name: string, event: object): void => {
    // The bridge passes values, not objects of another world.
    runInContext(`__rctDeviceEventEmitter.emit(${JSON.stringify(name)}, ${JSON.stringify(event)})`, scope)
  }
  const modules: Record<string, object> = {
    WebSocketModule: nativeWebSocketModule(platform, emit),
    PlatformConstants: { getConstants: () => ({}) },
  }
  scope.__turboModuleProxy = (name: string) => modules[name] ?? null
  runInContext(await bundle, scope, { filename: `phone-${platform}.js` })
  Object.assign(scope, globals)
  return scope.app as PhoneApp
}
