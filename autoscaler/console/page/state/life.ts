/** What ends with a view: watchers, timers, requests under way. */
export interface Life {
  /** @param end called once, when the view goes; at once when it is gone */
  onEnd(end: () => void): void
  end(): void
  readonly signal: AbortSignal
}

/** Begin one. */
export const createLife = (): Life => {
  const controller = new AbortController()
  const ends: (() => void)[] = []
  return {
    signal: controller.signal,
    onEnd(end) {
      if (controller.signal.aborted) end()
      else ends.push(end)
    },
    end() {
      controller.abort()
      for (const end of ends.splice(0).toReversed()) end()
    },
  }
}
