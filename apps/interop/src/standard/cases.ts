import { attributeCases } from './attribute-cases.ts'
import type { StandardCase } from './case.ts'
import { closeCases } from './close-cases.ts'
import { constructorCases } from './constructor-cases.ts'
import { eventCases } from './event-cases.ts'
import { messageCases } from './message-cases.ts'

/**
 * What a WebSocket of the standard does, case by case: written after `websockets/` of web-platform-tests, and after the
 * standard where those say nothing.
 */
export const standardCases: readonly StandardCase[] = [
  ...constructorCases,
  ...attributeCases,
  ...eventCases,
  ...messageCases,
  ...closeCases,
]
