import { type ConnectionOptions, firstMessage, header, query } from '../../../src/index.ts'
import type { MethodName } from './world.ts'

/** The options that each method of a life stands for. */
export const methodOptions: Readonly<Record<MethodName, ConnectionOptions>> = {
  first: {},
  first0: { version: 0 },
  bearer: { method: firstMessage({ bearerText: true }) },
  header: { method: header() },
  header0: { method: header(), version: 0 },
  query: { method: query() },
}
