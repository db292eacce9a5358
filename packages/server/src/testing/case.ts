/** One promise of a port, which any test runner can run against any implementation. */
export interface Case<Make> {
  readonly name: string
  /**
   * Throws where the promise is broken. `pass` lets time pass, in milliseconds, where a case needs it to: hand in what moves
   * a fake clock. Default: it waits.
   */
  run(make: Make, pass?: (ms: number) => unknown): Promise<void>
}

/** Waits for real, for implementations whose clock cannot be moved. */
export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
