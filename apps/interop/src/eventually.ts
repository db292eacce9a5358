import { vi } from 'vitest'

/** Waits until the check passes: libraries come back in their own time, and machines are slow at times. */
export function eventually(check: () => void): Promise<void> {
  return vi.waitFor(check, { timeout: 10_000, interval: 20 })
}
