import type { ApiError } from '../shared/api.ts'

/** The server said no, in words for the person in front of the page. */
export class Refused extends Error {
  override readonly name: string = 'Refused'
  readonly status: number
  readonly error: string

  constructor(status: number, { error, message }: Pick<ApiError, 'error' | 'message'>) {
    super(message)
    this.status = status
    this.error = error
  }
}

interface Call {
  readonly body?: object
  readonly token?: string
  readonly signal?: AbortSignal
}

export async function get<T>(path: string, { token, signal }: Call = {}): Promise<T> {
  return send<T>(path, { headers: bearer(token), ...(signal ? { signal } : {}) })
}

export async function post<T>(path: string, { body = {}, token, signal }: Call = {}): Promise<T> {
  const headers = { 'Content-Type': 'application/json', ...bearer(token) }
  const init = { method: 'POST', headers, body: JSON.stringify(body), ...(signal ? { signal } : {}) }
  return send<T>(path, init)
}

/** Browsers each have a jargon of their own for a server that is away. */
async function send<T>(path: string, init: RequestInit): Promise<T> {
  const response = await fetch(path, init).catch((cause: unknown) => {
    throw init.signal?.aborted ? cause : new Error('The server does not answer.', { cause })
  })
  return read<T>(response)
}

function bearer(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { Authorization: `Bearer ${token}` }
}

/** Our own server's answers are taken at their word; whatever else answers is a refusal. */
async function read<T>(response: Response): Promise<T> {
  const body: unknown = response.status === 204 ? undefined : await response.json().catch(() => undefined)
  if (response.ok) return body as T
  throw new Refused(
    response.status,
    isApiError(body) ? body : { error: 'bad_request', message: response.statusText },
  )
}

function isApiError(body: unknown): body is ApiError {
  return typeof body === 'object' && body !== null && 'error' in body && 'message' in body
}
