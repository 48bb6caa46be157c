import { schedule } from 'node-cron'
import type { CountBounds } from '../infra/domain/scaling.ts'
import type { Clock } from '../infra/ports/clock.ts'
import type { DecisionStore } from '../infra/ports/decision-store.ts'
import type { DemandStore } from '../infra/ports/demand-store.ts'
import type { Logger } from '../infra/ports/logger.ts'
import type { Notifier } from '../infra/ports/notifier.ts'
import type { PlanStore } from '../infra/ports/plan-store.ts'
import type { ScheduleStore } from '../infra/ports/schedule-store.ts'
import type { Lead } from './act.ts'
import { planInWords, planOf } from './plan.ts'

export interface PlannerDeps {
  readonly lead: Lead
  readonly demand: Pick<DemandStore, 'minutes'>
  readonly decisions: Pick<DecisionStore, 'list'>
  readonly scheduleStore: Pick<ScheduleStore, 'list'>
  readonly plans: PlanStore
  readonly notifier: Notifier
  readonly clock: Pick<Clock, 'now'>
  readonly log: Logger
}

export interface PlannerConfig {
  readonly bounds: ReadonlyMap<string, CountBounds>
  capacityPerNode(pool: string): number
}

/** Every 20 minutes, on the hour and between. */
const CRON = '*/20 * * * *'
const DAY_MS = 86_400_000
/** A week ago, and the hour before that to compare its level with today's. */
const LOOK_BACK_MS = 8 * DAY_MS

/** Plans while the process leads. */
export interface Planner {
  /** one round, for whoever has a clock of his own */
  round(): Promise<void>
  start(): void
  stop(): Promise<void>
}

/** Builds the loop that looks further ahead than the control loop: it tells people what is to be expected, and keeps it. */
export const createPlanner = (deps: PlannerDeps, { bounds, capacityPerNode }: PlannerConfig): Planner => {
  const { lead, demand, decisions, scheduleStore, plans, notifier, clock, log } = deps
  let present: Promise<void> | undefined
  let task: ReturnType<typeof schedule> | undefined

  const planPool = async (pool: string, own: CountBounds): Promise<void> => {
    const [[last], windows] = await Promise.all([decisions.list({ pool, limit: 1 }), scheduleStore.list()])
    // By the database's clock where it has said a time: it is what demand and decisions are kept by.
    const at = Math.max(last?.at ?? 0, clock.now())
    const minutes = await demand.minutes(pool, at - LOOK_BACK_MS, at)
    const capacity = last?.measurement.capacityPerNode ?? capacityPerNode(pool)
    const plan = planOf({ pool, at, minutes, capacity, bounds: last?.bounds ?? own, last, windows })
    await plans.put(plan)
    const lines = planInWords(plan)
    log.info({ pool, report: lines.slice(1) }, lines[0] as string)
    notifier.tell({ kind: 'digest', pool, at, lines, key: `plan:${pool}`, actions: [] })
  }

  const round = async (): Promise<void> => {
    if (lead() === undefined) return
    for (const [pool, own] of bounds)
      await planPool(pool, own).catch((error: unknown) => log.error({ pool, error }, 'no plan could be made'))
  }

  return {
    round,
    start() {
      task = schedule(
        CRON,
        () => {
          present = round()
          return present
        },
        { noOverlap: true, timezone: 'Etc/UTC' },
      )
    },
    async stop() {
      await task?.destroy()
      await present
    },
  }
}
