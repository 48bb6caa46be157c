import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from '../infra/ports/clock.ts'
import type { LeaderLease } from '../infra/ports/leader-lease.ts'
import type { Logger } from '../infra/ports/logger.ts'

/** The lease of whoever decides. */
export const LEASE_NAME = 'autoscaler'
/** Two renewals may fail before the lease is over. Shorter would change leaders on a hiccup of the database. */
export const LEASE_MS = 15_000
export const RENEW_MS = 5_000
/** Who follows asks more often: a leader that goes is missed for as long. */
export const ASK_MS = 2_000
/** Clocks of two machines do not tick quite alike: the own lease is over a little early. */
const MARGIN_RATIO = 0.1

/** Does this process lead? */
export interface Leadership {
  /** the term while it surely leads; undefined = it does not, or cannot know */
  term(): number | undefined
  /** lets another lead at once */
  stop(): Promise<void>
}

interface LeadDeps {
  readonly lease: LeaderLease
  readonly clock: Pick<Clock, 'monotonic'>
  readonly log: Logger
}

interface LeadOptions {
  /** this process and no other, ever */
  readonly holder: string
  readonly ttlMs?: number
  readonly renewMs?: number
}

/**
 * Try to lead, and go on trying. The time of the lease is counted from before it was asked for, by a clock that nobody
 * sets: so it is over here before another can lead.
 */
export const startLeading = (
  { lease, clock, log }: LeadDeps,
  { holder, ttlMs = LEASE_MS, renewMs = RENEW_MS }: LeadOptions,
): Leadership => {
  const ended = new AbortController()
  let held: { readonly term: number; readonly until: number } | undefined
  let missed = false

  const term = (): number | undefined => (held && clock.monotonic() < held.until ? held.term : undefined)

  const renew = async (): Promise<void> => {
    const [askedAt, before] = [clock.monotonic(), held]
    try {
      const lead = await lease.hold(LEASE_NAME, holder, ttlMs)
      missed = false
      held = lead.kind === 'leading' ? { term: lead.term, until: askedAt + ttlMs * (1 - MARGIN_RATIO) } : undefined
      if (held && held.term !== before?.term) log.info({ term: held.term }, 'this process leads')
      if (!held && before && lead.kind === 'following') log.warn({ leader: lead.holder }, 'another process leads now')
    } catch (error) {
      if (!missed) log.warn({ error }, 'the lease could not be renewed')
      missed = true
    }
  }

  const loop = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      await renew()
      await pause(held ? renewMs : Math.min(renewMs, ASK_MS), undefined, { signal: ended.signal }).catch(() => {})
    }
  }
  const running = loop()
  return {
    term,
    async stop() {
      ended.abort()
      await running
      held = undefined
      await lease
        .release(LEASE_NAME, holder)
        .catch((error: unknown) => log.warn({ error }, 'the lease was not released'))
    },
  }
}
