import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { MinuteReport, MinuteStore } from '../ports/minute-store.ts'
import type { MinuteTally } from './minute-tally.ts'
import { repeat } from './repeat.ts'

/** Often enough to look at what happens now, seldom enough for thousands of processes. */
export const TELL_MS = 12_000
/** So many minutes go in one report: after an outage there are many. */
const REPORT_MINUTES = 10

export interface TellMinutesDeps {
  readonly tally: Pick<MinuteTally, 'take'>
  readonly store: Pick<MinuteStore, 'tell'>
  readonly clock: Pick<Clock, 'now'>
  readonly log: Logger
}

/** Tells what was counted every so often, and at the end. Nobody waits for it, and it never throws. */
export interface TellingMinutes {
  /** tell now what there is */
  flush(): Promise<void>
  stop(): Promise<void>
}

/**
 * Begin to tell. A report that may not have arrived is told again as it was, under the same number, so that it counts once; what is
 * counted meanwhile waits in the tally.
 * @param source a name that no other process has or had
 * @param before adds what is known only by looking, each time before something is told
 */
export const startTellingMinutes = (
  { tally, store, clock, log }: TellMinutesDeps,
  { source, everyMs = TELL_MS, before }: { source: string; everyMs?: number; before?: () => void },
): TellingMinutes => {
  let number = 0
  let untold: Omit<MinuteReport, 'now'> | undefined
  let failing = false
  let telling: Promise<void> | undefined

  const next = (): Omit<MinuteReport, 'now'> | undefined => {
    const parts = tally.take(REPORT_MINUTES)
    if (parts.length === 0) return undefined
    number += 1
    return { source, number, parts }
  }

  const tellAll = async (): Promise<void> => {
    try {
      before?.()
      untold ??= next()
      while (untold) {
        await store.tell({ ...untold, now: clock.now() })
        untold = next()
      }
      if (failing) log.info({}, 'minutes are told again')
      failing = false
    } catch (error) {
      if (!failing) log.warn({ error }, 'minutes could not be told; they are kept until they can')
      failing = true
    }
  }

  /** One at a time: two would number their reports past each other. */
  const tell = (): Promise<void> => {
    telling ??= tellAll().finally(() => {
      telling = undefined
    })
    return telling
  }

  const repeated = repeat('minutes', everyMs, log, tell)
  return {
    flush: tell,
    async stop() {
      await repeated.stop()
      await tell()
    },
  }
}
