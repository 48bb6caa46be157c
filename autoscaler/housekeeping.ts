import type { BootRecord } from '../infra/ports/boot-record.ts'
import type { Clock } from '../infra/ports/clock.ts'
import type { DecisionStore } from '../infra/ports/decision-store.ts'
import type { DemandStore } from '../infra/ports/demand-store.ts'
import type { DriftStore } from '../infra/ports/drift-store.ts'
import type { Logger } from '../infra/ports/logger.ts'
import type { MinuteStore } from '../infra/ports/minute-store.ts'
import type { NodeHourStore } from '../infra/ports/node-hour-store.ts'
import type { UsageStore } from '../infra/ports/usage-store.ts'
import { type Repeated, repeat } from '../infra/runtime/repeat.ts'
import { keepMinutes } from './keep-minutes.ts'
import { keepRecords } from './keep-records.ts'
import { closeHours } from './node-hours/close-hours.ts'

interface HousekeepingDeps {
  readonly demand: Pick<DemandStore, 'rollUp' | 'forget'>
  readonly boots: Pick<BootRecord, 'forget'>
  readonly decisions: Pick<DecisionStore, 'forget' | 'thin' | 'list'>
  readonly nodeHours: NodeHourStore
  readonly usage: Pick<UsageStore, 'forget'>
  readonly minutes: Pick<MinuteStore, 'rollUp' | 'forget'>
  readonly drift: Pick<DriftStore, 'forget'>
  readonly driftKeepMs: number
  readonly clock: Pick<Clock, 'now'>
  readonly log: Logger
}

const DAY_MS = 86_400_000
const DECISIONS_MS = 30 * DAY_MS
/** Looks that changed nothing are told apart for a week; after that one in ten minutes is enough. */
const EVERY_LOOK_MS = 7 * DAY_MS
/** A bill is looked at again after a year. */
const USAGE_MS = 400 * DAY_MS
const ROUND_MS = 900_000

/** Adds up what is over and lets go of what is old, in the process that leads. */
export const startHousekeeping = (deps: HousekeepingDeps, pools: readonly string[], leads: () => boolean): Repeated =>
  repeat('autoscaler records', ROUND_MS, deps.log, async (signal) => {
    if (!leads()) return
    const now = deps.clock.now()
    // Before decisions go, and whatever becomes of the rest.
    await closeHours(deps, pools, now, signal)
    await deps.nodeHours.forget(now - USAGE_MS)
    await deps.usage.forget(now - USAGE_MS)
    await deps.drift.forget(now - deps.driftKeepMs)
    await deps.decisions.forget(now - DECISIONS_MS)
    await deps.decisions.thin(now - EVERY_LOOK_MS)
    await keepMinutes(deps.minutes, now, signal)
    await keepRecords(deps, now, signal)
  })
