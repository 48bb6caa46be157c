import { setImmediate as others } from 'node:timers/promises'
import type { Steps } from '../domain/steps.ts'

/** What waits meanwhile hardly notices: a broker's or a database's answer takes about as long. */
const SLICE_MS = 5

/** How long steps may follow each other, and whether anybody still wants what comes of them. */
export interface Pace {
  readonly goesOn?: () => boolean
  readonly sliceMs?: number
}

/** What came of it; undefined = nobody wanted it any more, so it was given up. */
export type Finished<Result> = { readonly result: Result } | undefined

/**
 * Calculate without holding up the process: after each slice whatever else waits has its turn. A step that takes long takes
 * long all the same.
 */
export const giveWay = async <Result>(
  steps: Steps<Result>,
  { goesOn = () => true, sliceMs = SLICE_MS }: Pace = {},
): Promise<Finished<Result>> => {
  // The clock that the process has, not one of a port: this is about its own turns, and no test can wait for them.
  let since = performance.now()
  while (goesOn()) {
    const step = steps.next()
    if (step.done) return { result: step.value }
    if (performance.now() - since < sliceMs) continue
    await others()
    since = performance.now()
  }
  return undefined
}
