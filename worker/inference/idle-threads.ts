/**
 * Threads with nothing to do, the longest idle first. One that stays idle for a while is woken for a look at itself.
 * @param T a thread
 */
export class IdleThreads<T> {
  readonly #timers = new Map<T, NodeJS.Timeout | undefined>()
  readonly #probeMs: number
  readonly #probe: (thread: T) => void
  #stopped = false

  /** @param probeMs idle for so long = looked at; 0 = never @param probe is given the thread, which is idle no longer */
  constructor(probeMs: number, probe: (thread: T) => void) {
    this.#probeMs = probeMs
    this.#probe = probe
  }

  /** It has nothing to do from now on. */
  rest(thread: T): void {
    const tire = () => {
      this.remove(thread)
      this.#probe(thread)
    }
    this.#timers.set(thread, this.#probeMs > 0 && !this.#stopped ? setTimeout(tire, this.#probeMs).unref() : undefined)
  }

  /** The one that has been idle for longest, for work; undefined = none is. */
  take(): T | undefined {
    const [thread] = this.#timers.keys()
    if (thread !== undefined) this.remove(thread)
    return thread
  }

  /** It has ended, or is needed. */
  remove(thread: T): void {
    clearTimeout(this.#timers.get(thread))
    this.#timers.delete(thread)
  }

  /** Nobody is looked at any more. */
  stop(): void {
    this.#stopped = true
    for (const timer of this.#timers.values()) clearTimeout(timer)
  }
}
