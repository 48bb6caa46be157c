import { randomUUID } from 'node:crypto'
import type { DriftStore } from '../../infra/ports/drift-store.ts'
import type { Logger } from '../../infra/ports/logger.ts'
import type { Lifecycle } from '../../infra/runtime/lifecycle.ts'
import { repeat } from '../../infra/runtime/repeat.ts'
import { createDriftTally, type DriftTally } from './drift-tally.ts'

/** Hours are sums of minutes: what a process that dies had not told is no more than that. */
const TELL_MS = 60_000

/**
 * Count how outcomes are distributed from now on, and tell it every minute and at the end.
 * @param workerId names the place; a process that comes after this one may have the same
 */
export const startDrift = (
  deps: { readonly store: Pick<DriftStore, 'tell'>; readonly log: Logger },
  workerId: string,
  life: Lifecycle,
): DriftTally['watch'] => {
  const tally = createDriftTally(deps, `${workerId}/${randomUUID()}`)
  const telling = repeat('drift', TELL_MS, deps.log, () => tally.tell())
  life.onStop('drift', async () => {
    await telling.stop()
    await tally.tell()
  })
  return tally.watch
}
