/** Finished jobs per second between two instants. @param finishedAt monotonic ms, in order */
export const goodput = (finishedAt: readonly number[], from: number, to: number): number =>
  to <= from ? 0 : (finishedAt.filter((at) => at >= from && at < to).length * 1000) / (to - from)

/** How long goodput is looked at, to say that it is back: shorter is chance, longer hides the recovery. */
const WINDOW_MS = 1_500
const STEP_MS = 100
/** Of the goodput before. A window holds few jobs, so the last fifth is left to chance. */
const BACK_RATIO = 0.8

/**
 * How long after `from` goodput was back for the first time. Pure.
 * @param perSecondBefore goodput when all was well
 * @returns ms; undefined when it was not back by `to`
 */
export const recoveryMs = (
  finishedAt: readonly number[],
  perSecondBefore: number,
  from: number,
  to: number,
): number | undefined => {
  for (let at = from; at + WINDOW_MS <= to; at += STEP_MS)
    if (goodput(finishedAt, at, at + WINDOW_MS) >= BACK_RATIO * perSecondBefore) return at - from
  return undefined
}
