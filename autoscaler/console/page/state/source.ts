import type { Life } from './life.ts'
import { asProblem, type ProblemError } from './problem.ts'
import { type Value, value } from './value.ts'

/** Something that is asked for again and again: the last good answer, and what is wrong since. */
export interface Loaded<T> {
  readonly value: T | undefined
  /** epoch ms of the last good answer */
  readonly at: number | undefined
  readonly problem: ProblemError | undefined
}

/** Where a panel gets what it shows. */
export interface Source<T> {
  readonly state: Value<Loaded<T>>
  /** Ask now. */
  refresh(): void
}

interface SourceConfig {
  readonly everyMs: number
  readonly life: Life
  /** whether what shows it is where somebody can see it; without it, it is */
  readonly sight?: Value<boolean>
}

/**
 * Ask at once, and then every so often while somebody can see it. What was known stays while it cannot be asked, and
 * nothing is asked for what nobody sees.
 * @param load is told when nobody waits for it any more
 */
export const createSource = <T>(load: (signal: AbortSignal) => Promise<T>, config: SourceConfig): Source<T> => {
  const { everyMs, life, sight } = config
  const state = value<Loaded<T>>({ value: undefined, at: undefined, problem: undefined })
  let [asked, underWay] = [0, 0]
  /** it was to be asked, and nobody saw it */
  let isOwed = false
  const refresh = (): void => {
    isOwed = sight?.get() === false
    if (isOwed) return
    asked += 1
    underWay += 1
    const mine = asked
    // Of two questions under way the later one counts: the first may be about what is no longer looked at.
    load(life.signal)
      .then(
        (answer) => mine === asked && state.set({ value: answer, at: Date.now(), problem: undefined }),
        (error: unknown) => {
          if (mine === asked && !life.signal.aborted) state.set({ ...state.get(), problem: asProblem(error) })
        },
      )
      .finally(() => {
        underWay -= 1
      })
  }
  const isSeen = (): boolean => document.visibilityState === 'visible'
  // The next of its kind waits for it: answers that take longer than that would never count, nor their absence.
  const timer = setInterval(() => isSeen() && underWay === 0 && refresh(), everyMs)
  life.onEnd(() => clearInterval(timer))
  if (sight) life.onEnd(sight.watch((seen) => seen && isOwed && refresh()))
  // Whoever comes back to the page finds what is so now.
  document.addEventListener('visibilitychange', () => isSeen() && refresh(), { signal: life.signal })
  refresh()
  return { state, refresh }
}
