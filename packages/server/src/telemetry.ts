import { subscribe } from 'node:diagnostics_channel'
import type { AuthEvents } from './events.ts'

type Attributes = Record<string, string | number>

/** The little of `@opentelemetry/api` that we need; the application brings it, or nothing happens. */
export interface OpenTelemetry {
  readonly metrics: {
    getMeter(name: string): {
      createCounter(
        name: string,
        options?: { readonly description: string; readonly unit: string },
      ): { add(value: number, attributes?: Attributes): void }
    }
  }
  readonly trace: {
    getActiveSpan(): { addEvent(name: string, attributes?: Attributes): unknown } | undefined
  }
}

const descriptions: Readonly<Record<keyof AuthEvents, string>> = {
  auth_ok: 'Connections that were authenticated',
  auth_fail: 'Connections and refreshes that were refused',
  auth_refresh: 'Live connections that presented a newer credential',
  auth_expired: 'Live connections closed because their credential ended',
  auth_revoked: 'Live connections closed because their session was revoked',
}
/** Of the facts of an event, those with few values; who it was is in the events alone. */
const attributeNames = ['method', 'error', 'version'] as const

/** Counts the events as `wsauth.<name>`, and notes each on the span that is active. */
function countEvents({ metrics, trace }: OpenTelemetry): void {
  const meter = metrics.getMeter('@wsauth/server')
  for (const [name, description] of Object.entries(descriptions)) {
    const counter = meter.createCounter(`wsauth.${name}`, { description, unit: '{connection}' })
    subscribe(`wsauth:${name}`, (event) => {
      const attributes = attributesOf(event)
      counter.add(1, attributes)
      trace.getActiveSpan()?.addEvent(`wsauth.${name}`, attributes)
    })
  }
}

function attributesOf(event: unknown): Attributes {
  const facts: Readonly<Record<string, unknown>> = Object(event)
  const attributes: Attributes = {}
  for (const name of attributeNames) {
    const { [name]: value } = facts
    if (typeof value === 'string' || typeof value === 'number') attributes[name] = value
  }
  return attributes
}

let looked = false

/** Looks once in the life of a process whether the application has OpenTelemetry. */
export function observeByOpenTelemetry(load: () => Promise<OpenTelemetry> = loadApi): void {
  if (looked) return
  looked = true
  load().then(
    (api) => {
      try {
        countEvents(api)
      } catch (error) {
        const text = `nothing is counted, as @opentelemetry/api is older than 1.3, or broken: ${error}`
        process.emitWarning(text, 'WsauthWarning')
      }
    },
    // It is not there.
    () => {},
  )
}

async function loadApi(): Promise<OpenTelemetry> {
  // Optional, so its types are not asked for; those of this file are what is used of it.
  const name: string = '@opentelemetry/api'
  return import(name)
}
