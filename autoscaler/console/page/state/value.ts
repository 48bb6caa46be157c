/** Something that changes, and tells those who watch it. */
export interface Value<T> {
  get(): T
  set(next: T): void
  /** @returns how to stop watching */
  watch(listener: (now: T) => void): () => void
}

/** Make one. Watchers are told after the change, in the order in which they came. */
export const value = <T>(initial: T): Value<T> => {
  let present = initial
  const listeners = new Set<(now: T) => void>()
  return {
    get: () => present,
    set(next) {
      if (Object.is(next, present)) return
      present = next
      for (const listener of [...listeners]) listener(next)
    },
    watch(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
