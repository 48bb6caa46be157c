import type { ManageDeadLetters, Operator, Redriven } from '../infra/dead-letters/redrive.ts'
import type { Clock } from '../infra/ports/clock.ts'
import type { DeadLetter, DeadLetters } from '../infra/ports/dead-letters.ts'

/** The oldest dead letters, and how many there are. */
export interface DeadLetterPage {
  readonly count: number
  /** oldest first */
  readonly letters: readonly DeadLetter[]
}

/** What is left after some were tried again. */
export interface RedrivenLetters {
  readonly redriven: readonly Redriven[]
  /** of those that were named, not there any more, or not yet */
  readonly notThere: readonly string[]
  readonly leftCount: number
}

/** The dead letters for people who look at a page. @throws UnavailableError while the broker is away */
export interface DeadLetterDesk {
  count(): Promise<number>
  list(): Promise<DeadLetterPage>
  /** @param ids 'all' = the oldest thousand */
  redrive(by: Operator, ids: readonly string[] | 'all'): Promise<RedrivenLetters>
}

/** No page shows more at once. */
export const MAX_SHOWN = 200
/** Each takes a round trip to the trail and one to the rows: nobody waits longer than some seconds. */
const MAX_REDRIVEN = 1_000
/** Whoever looks takes the letters out and hands them back, which nobody needs to happen for every open page. */
const SEEN_MS = 5_000

/** What the desk stands on. */
export interface DeskDeps {
  readonly deadLetters: Pick<DeadLetters, 'count' | 'list'>
  readonly manage: Pick<ManageDeadLetters, 'redrive'>
  readonly clock: Pick<Clock, 'monotonic'>
}

/**
 * One at a time, so that what is left is counted before anybody else here changes it. What was seen lately is shown again,
 * until something was done.
 */
export const createDeadLetterDesk = ({ deadLetters, manage, clock }: DeskDeps): DeadLetterDesk => {
  let turn: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = turn.then(work)
    turn = done.catch(() => {})
    return done
  }
  let seen: { readonly page: Promise<DeadLetterPage>; readonly until: number } | undefined

  const look = async (): Promise<DeadLetterPage> => {
    const count = await deadLetters.count()
    return { count, letters: count === 0 ? [] : await deadLetters.list(MAX_SHOWN) }
  }
  return {
    count: () => inTurn(() => deadLetters.count()),
    list() {
      if (seen && clock.monotonic() < seen.until) return seen.page
      const page = inTurn(look)
      const entry = { page, until: clock.monotonic() + SEEN_MS }
      seen = entry
      page.catch(() => {
        if (seen === entry) seen = undefined
      })
      return page
    },
    redrive: (by, ids) =>
      inTurn(async () => {
        const selection = { ...(ids !== 'all' && { ids }), atMost: MAX_REDRIVEN }
        try {
          const redriven = await manage.redrive(by, selection, false)
          const met = new Set(redriven.map(({ letter }) => letter.id))
          const notThere = ids === 'all' ? [] : [...new Set(ids)].filter((id) => !met.has(id))
          return { redriven, notThere, leftCount: await deadLetters.count() }
        } finally {
          seen = undefined
        }
      }),
  }
}
