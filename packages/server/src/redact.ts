import type { IncomingMessage } from 'node:http'
import { isOwnSubprotocol } from '@wsauth/protocol'
import { isParam, withoutItems } from './http-fields.ts'
import type { Method, MutableRequest } from './methods/method.ts'
import { ownText } from './own-text.ts'

/**
 * Takes every credential out of a request, in place: `url`, `headers`, `headersDistinct` and `rawHeaders`, those where a
 * proxy says the target again included, and wsauth's own sub-protocols out of `sec-websocket-protocol`. What the application
 * sees afterwards holds no secret (P5).
 */
export function redactRequest(request: IncomingMessage, methods: readonly Method[]): void {
  const mutable = mutableRequest(request)
  for (const method of methods) method.redact?.(mutable)
  mutable.editHeader('sec-websocket-protocol', withoutItems(isOwnSubprotocol))
}

function mutableRequest(request: IncomingMessage): MutableRequest {
  const editHeader: MutableRequest['editHeader'] = (name, edit) => {
    const { rawHeaders } = request
    if (!hasHeader(rawHeaders, name)) return
    // Node reads these two out of `rawHeaders` when they are first asked for, and counts on as many as came.
    const { headers, headersDistinct: distinct = {} } = request
    const values: string[] = []
    let touched = false
    for (let i = rawHeaders.length - 2; i >= 0; i -= 2) {
      if (rawHeaders[i]?.toLowerCase() !== name) continue
      const before = rawHeaders[i + 1] ?? ''
      const after = edit(before)
      touched ||= after !== before
      if (after === undefined) rawHeaders.splice(i, 2)
      else {
        rawHeaders[i + 1] = after
        values.unshift(after)
      }
    }
    if (!touched) return
    if (values.length === 0) {
      delete headers[name]
      delete distinct[name]
    } else {
      headers[name] = values.join(name === 'cookie' ? '; ' : ', ')
      distinct[name] = values
    }
  }
  return {
    editHeader,
    removeParam: (name) => {
      const { url, rawHeaders } = request
      if (url !== undefined) request.url = removeParam(url, name)
      for (const field of fieldsWithQuery(rawHeaders)) editHeader(field, (value) => removeParam(value, name))
    },
  }
}

function hasHeader(rawHeaders: readonly string[], name: string): boolean {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const text = rawHeaders[i]
    // Few names are as long as the one that is looked for, and only those are lower-cased.
    if (text?.length === name.length && text.toLowerCase() === name) return true
  }
  return false
}

/**
 * The headers that hold a query. Proxies write there what they were asked for (`X-Original-URL`, `X-Forwarded-Uri`,
 * `X-Envoy-Original-Path`), so the credential comes once more. Cookies are not among them: `&` does not part those.
 */
function fieldsWithQuery(rawHeaders: readonly string[]): readonly string[] {
  const fields: string[] = []
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    if (!rawHeaders[i + 1]?.includes('?')) continue
    const field = (rawHeaders[i] ?? '').toLowerCase()
    if (field !== 'cookie') fields.push(field)
  }
  return fields
}

/** A request target without the parameters of that name, however the name was encoded. */
export function removeParam(target: string, name: string): string {
  const question = target.indexOf('?')
  if (question < 0) return target
  const pairs = target.slice(question + 1).split('&')
  const kept = pairs.filter((pair) => !isParam(pair, name))
  if (kept.length === pairs.length) return target
  return ownText(target.slice(0, question) + (kept.length === 0 ? '' : `?${kept.join('&')}`))
}
