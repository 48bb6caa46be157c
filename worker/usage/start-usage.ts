import { randomUUID } from 'node:crypto'
import type { Clock } from '../../infra/ports/clock.ts'
import type { Logger } from '../../infra/ports/logger.ts'
import type { UsageStore } from '../../infra/ports/usage-store.ts'
import type { Lifecycle } from '../../infra/runtime/lifecycle.ts'
import { repeat } from '../../infra/runtime/repeat.ts'
import { createUsageTally, type UsageTally } from './usage-tally.ts'

interface UsageDeps {
  readonly store: Pick<UsageStore, 'tell'>
  readonly clock: Pick<Clock, 'monotonic'>
  readonly log: Logger
}

/** Hours are sums of minutes: what a process that dies had not told is no more than that. */
const TELL_MS = 60_000

/**
 * Count what this process is busy with from now on, and tell it every minute and at the end.
 * @param workerId names the place; a process that comes after this one may have the same
 */
export const startUsage = (
  deps: UsageDeps,
  { workerId, pool }: { readonly workerId: string; readonly pool: string },
  life: Lifecycle,
): UsageTally['watch'] => {
  const tally = createUsageTally(deps, { source: `${workerId}/${randomUUID()}`, pool })
  const telling = repeat('usage', TELL_MS, deps.log, () => tally.tell())
  life.onStop('usage', async () => {
    await telling.stop()
    await tally.tell()
  })
  return tally.watch
}
