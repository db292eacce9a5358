// The promises of the ports, as cases for any test runner
export type { Case } from './case.ts'
export { limiterCases } from './limiter-cases.ts'
export { revocationStoreCases } from './revocation-store-cases.ts'
export { ticketStoreCases } from './ticket-store-cases.ts'
export { verifierCases } from './verifier-cases.ts'
