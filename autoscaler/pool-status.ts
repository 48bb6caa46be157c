import type { KeptDecision, Signal } from '../infra/domain/scaling.ts'
import type { DecisionStore } from '../infra/ports/decision-store.ts'
import type { KeptOverride, OverrideStore } from '../infra/ports/override-store.ts'
import type { ScheduleStore } from '../infra/ports/schedule-store.ts'
import { activeOverride } from './override.ts'
import { type ScheduleEffect, scheduleEffect } from './schedule.ts'

/** How a pool stands: what the last look saw, and what people say of it at this moment. */
export interface PoolStatus {
  readonly pool: string
  /** the last look at it; undefined = there was none yet */
  readonly last: KeptDecision | undefined
  readonly override: KeptOverride | undefined
  readonly schedule: ScheduleEffect
}

/** Where it is read from: the database alone, so that any process can tell while the fleet and Slack are away. */
export interface PoolStatusDeps {
  readonly decisions: Pick<DecisionStore, 'list'>
  readonly overrides: Pick<OverrideStore, 'active'>
  readonly schedules: Pick<ScheduleStore, 'list'>
}

/** Reads how pools stand, in the order they are named. @param now epoch ms @throws UnavailableError */
export type ReadPools = (pools: readonly string[], now: number) => Promise<readonly PoolStatus[]>

/** Builds the use case. */
export const createReadPools =
  ({ decisions, overrides, schedules }: PoolStatusDeps): ReadPools =>
  async (pools, now) => {
    const [held, windows, ...looks] = await Promise.all([
      overrides.active(),
      schedules.list(),
      ...pools.map((pool) => decisions.list({ pool, limit: 1 })),
    ])
    return pools.map((pool, index) => {
      const newest = activeOverride(held, pool, now)
      return {
        pool,
        last: looks[index]?.[0],
        override: held.find(({ id }) => id === newest?.id),
        schedule: scheduleEffect(windows, pool, now),
      }
    })
  }

/** Looks that are overdue by more than this were not made: nobody leads. */
const PATIENCE_MS = 60_000

/** Is the next look overdue? Then what the last one saw is history. @param now epoch ms */
export const isStale = (last: Pick<KeptDecision, 'nextAt'>, now: number): boolean => now > last.nextAt + PATIENCE_MS

/** A measured count for people and programs; null = it was not known. */
export const countOf = (signal: Signal | undefined): number | null => signal?.value ?? null
