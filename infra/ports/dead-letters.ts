import type { DeadReason } from './job-queue.ts'

/** A message that was parked for a person. It never holds more than a pointer to a job. */
export interface DeadLetter {
  /** of the job; of an unreadable message `x-` and the beginning of its SHA-256 */
  readonly id: string
  /** undefined = the message is none this version can read */
  readonly job:
    | { readonly id: string; readonly tenant: string; readonly task: string; readonly lane: string }
    | undefined
  /** `undelivered`: the broker itself gave it up, no worker came to judge it */
  readonly reason: DeadReason | 'undelivered'
  readonly pool: string | undefined
  /** epoch ms; undefined = it does not say */
  readonly diedAt: number | undefined
  readonly bytes: number
}

/** What to do with a dead letter. */
export type Fate = 'keep' | 'remove'

/**
 * The queue of the dead. Looking at it takes nothing out of it.
 * @throws UnavailableError
 */
export interface DeadLetters {
  count(): Promise<number>
  /** Oldest first. */
  list(limit: number): Promise<readonly DeadLetter[]>
  /**
   * Go through the oldest ones and remove those that `decide` says are done with. One is removed only after `decide` has
   * resolved; when it throws, that one and all after it stay.
   * @returns how many were removed
   */
  settle(limit: number, decide: (letter: DeadLetter) => Promise<Fate>): Promise<number>
}

/**
 * What became of a wish to try a job again:
 * - `reopened`: it is queued, with its attempts anew and a new deadline, and will be published
 * - `open`: it was queued or running anyway; a queued one will be published again
 * - `over`: it has an outcome of its own, or was taken back
 * - `gone`: its pictures are gone
 */
export type Reopened = 'reopened' | 'open' | 'over' | 'gone' | 'missing'

/** Opens jobs again that the service itself gave up. @throws UnavailableError */
export interface JobReopener {
  /** @param deadlineMs of the new try, by lane */
  reopen(
    tenant: string,
    id: string,
    deadlineMs: { readonly interactive: number; readonly bulk: number },
  ): Promise<Reopened>
}
