/** Calls for help when nothing feeds it for too long. */
export interface Watchdog {
  /** start, or start again from zero */
  feed(): void
  stop(): void
}

/**
 * @param timeoutMs longest silence
 * @param onSilence called once per silence, at the earliest `timeoutMs` after the last `feed`
 */
export const createWatchdog = (timeoutMs: number, onSilence: () => void): Watchdog => {
  let timer: NodeJS.Timeout | undefined
  let check: NodeJS.Immediate | undefined
  const stop = (): void => {
    clearTimeout(timer)
    clearImmediate(check)
  }
  return {
    feed() {
      stop()
      // Timers run before messages: a process that was itself stopped for a while must first read what arrived meanwhile.
      timer = setTimeout(() => {
        check = setImmediate(onSilence)
      }, timeoutMs)
    },
    stop,
  }
}
