/** A page as far as the drivers look at it. */
export class Page {
  visibilityState = 'visible'
  readonly listeners: Set<() => void> = new Set()

  addEventListener(_type: string, listener: () => void, { signal }: { readonly signal: AbortSignal }): void {
    this.listeners.add(listener)
    signal.addEventListener('abort', () => this.listeners.delete(listener))
  }

  wake(): void {
    for (const listener of [...this.listeners]) listener()
  }
}
