import type { Clock } from '../../infra/ports/clock.ts'
import type { Logger } from '../../infra/ports/logger.ts'
import type { NodeAnswer } from '../../infra/ports/node-store.ts'

/** Who acts on it. */
export interface DrainWishDeps {
  readonly clock: Pick<Clock, 'monotonic'>
  readonly log: Logger
  readonly onChange: (draining: boolean) => void
}

/**
 * What people wish of this node, as it heard last. While nobody can tell it the last word holds, and ends when its time is
 * over: a database that is away neither wakes a drained node nor keeps it asleep.
 */
export interface DrainWish {
  heard(drain: NodeAnswer['drain']): void
  /** Is its time over? To be asked now and again. */
  check(): void
}

export const createDrainWish = ({ clock, log, onChange }: DrainWishDeps): DrainWish => {
  let until: number | undefined
  const end = (why: string): void => {
    if (until === undefined) return
    until = undefined
    log.info({ why }, 'the node works again')
    onChange(false)
  }
  return {
    heard(drain) {
      if (!drain) return end('the wish was taken back')
      const before = until
      until = clock.monotonic() + drain.leftMs
      if (before !== undefined) return
      log.info(
        { reason: drain.reason, leftMs: Math.round(drain.leftMs) },
        'the node is drained: its workers finish and end',
      )
      onChange(true)
    },
    check() {
      if (until !== undefined && clock.monotonic() >= until) end('its time is over')
    },
  }
}
