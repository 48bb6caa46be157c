import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises'
import type { CountBounds, ForecastView } from '../infra/domain/scaling.ts'
import type { Clock } from '../infra/ports/clock.ts'
import type { DemandMinute, DemandStore } from '../infra/ports/demand-store.ts'
import { collapsedMs, demandAt } from './collapse.ts'
import { demandSteps, lastStepEnd, STEP_MS, type StepsSoFar } from './demand-steps.ts'
import { STEP_SECONDS } from './forecast/demand-series.ts'
import { Forecaster } from './forecast/forecaster.ts'

/** What a forecast is for. */
export interface PoolShape {
  /** checks a second of one node */
  readonly capacity: number
  readonly bootMs: number
  readonly bounds: CountBounds
}

/** What comes, and whether what is there is less than it can be. */
export interface Outlook {
  readonly forecast: ForecastView | undefined
  /** for so long demand has been far below what the season lets expect; 0 = it is not */
  readonly collapsedMs: number
}

/** Knows the demand of one pool and says what comes. */
export interface Learner {
  /**
   * Learn what is over by now, and forecast.
   * @param now epoch ms by the database's clock
   * @param told epoch ms until when demand is known; undefined = it cannot be read now. Then it is taken to go on as it was:
   *   silence is not the absence of callers
   * @throws UnavailableError
   */
  look(shape: PoolShape, now: number, told: number | undefined): Promise<Outlook>
  /** Demand as the last look left it, oldest first, for whoever looks further ahead. */
  minutes(): readonly DemandMinute[]
}

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
/** Two weeks are compared, and what was learned from two before them weighs in. */
const HISTORY_MS = 28 * DAY_MS
/** What is told late of a minute is read once more. */
const LATE_MS = 2 * MINUTE_MS
/** Learning weeks takes seconds: so long at once, then everybody else has a turn. */
const TURN_MS = 8
/** A look does not wait longer for that: until it is done people's words and the backlog decide. */
const PATIENCE_MS = 2_000
/** A boot or a capacity that was measured anew is noise until it differs by so much. */
const SHAPE_RATIO = 0.2

/**
 * More than so many times what all nodes together can do is learned as so much: it asks for all of them anyway, and a
 * source that counts wrongly for a minute would otherwise be remembered for days.
 */
const MOST_RATIO = 4

const mostOf = ({ capacity, bounds }: PoolShape): number =>
  MOST_RATIO * Math.max(1, bounds.max) * capacity * STEP_SECONDS

const stepsOf = (ms: number): number => Math.max(1, Math.ceil(ms / STEP_MS))

const differs = (a: number, b: number): boolean => Math.abs(a - b) > SHAPE_RATIO * Math.max(a, b)

const isOther = (a: PoolShape, b: PoolShape): boolean =>
  differs(a.capacity, b.capacity) ||
  differs(a.bootMs, b.bootMs) ||
  a.bounds.min !== b.bounds.min ||
  a.bounds.max !== b.bounds.max

const viewOf = (forecaster: Forecaster): ForecastView | undefined => {
  const forecast = forecaster.forecast()
  if (!forecast) return undefined
  const { expected, low, upper: high, expert, desired } = forecast
  return {
    ...{ expected, low, high, expert },
    horizonMs: forecaster.horizon * STEP_SECONDS * 1_000,
    desired,
  }
}

interface Taught {
  readonly forecaster: Forecaster
  readonly shape: PoolShape
  minutes: readonly DemandMinute[]
  so: StepsSoFar
}

interface LearnerDeps {
  readonly demand: Pick<DemandStore, 'minutes'>
  readonly clock: Pick<Clock, 'monotonic'>
}

/** All that is known, from the beginning. */
const teach = async ({ demand, clock }: LearnerDeps, pool: string, shape: PoolShape, now: number): Promise<Taught> => {
  const minutes = await demand.minutes(pool, now - HISTORY_MS, now)
  const { capacity, bootMs, bounds } = shape
  const forecaster = new Forecaster({
    ...{ capacity, bootSteps: stepsOf(bootMs), minCount: bounds.min, maxCount: bounds.max },
  })
  const from = minutes[0]?.minute ?? lastStepEnd(now)
  const { steps, so } = demandSteps(minutes, { until: from, ofMinute: 0 }, now)
  const most = mostOf(shape)
  let since = clock.monotonic()
  for (const requests of steps) {
    forecaster.observe(Math.min(most, requests))
    if (clock.monotonic() - since < TURN_MS) continue
    await turn()
    since = clock.monotonic()
  }
  return { forecaster, shape, minutes, so }
}

/** What is over since the last look. */
const goOn = async (
  { demand }: LearnerDeps,
  pool: string,
  now: number,
  known: boolean,
  present: Taught,
): Promise<void> => {
  const { forecaster, shape, minutes, so } = present
  const from = so.until - (so.until % MINUTE_MS) - LATE_MS
  const newer = known ? await demand.minutes(pool, from, now) : []
  const next = demandSteps(newer, so, now)
  for (const requests of next.steps) forecaster.observe(known ? Math.min(mostOf(shape), requests) : undefined)
  present.so = next.so
  if (known)
    present.minutes = [...minutes.filter(({ minute }) => minute < from && minute >= now - HISTORY_MS), ...newer]
}

/** A learner of one pool. The same history makes the same forecast, so a process that begins to lead goes on like the last. */
export const createLearner = (
  deps: LearnerDeps,
  pool: string,
  { patienceMs = PATIENCE_MS }: { readonly patienceMs?: number } = {},
): Learner => {
  let taught: Taught | undefined
  let teaching: Promise<void> | undefined

  /** Learn, or go on learning; at most one at a time. @throws UnavailableError when the history could not be read */
  const learn = async (shape: PoolShape, now: number): Promise<void> => {
    if (!teaching) {
      teaching = teach(deps, pool, shape, now).then((learned) => {
        taught = learned
      })
      // Whoever waits hears of a failure; when nobody does any more, the next look tries again.
      teaching
        .catch(() => {})
        .finally(() => {
          teaching = undefined
        })
    }
    const patience = new AbortController()
    await Promise.race([teaching, pause(patienceMs, undefined, { signal: patience.signal }).catch(() => {})])
    patience.abort()
  }

  return {
    async look(shape, now, told) {
      const known = told !== undefined
      if (known && (!taught || isOther(taught.shape, shape))) await learn(shape, now)
      // Without a word of demand there is nothing to learn from; what was learned before still holds.
      if (!taught) return { forecast: undefined, collapsedMs: 0 }
      await goOn(deps, pool, now, known, taught)
      return {
        forecast: viewOf(taught.forecaster),
        collapsedMs: known ? collapsedMs(demandAt(taught.minutes), told) : 0,
      }
    },
    minutes: () => taught?.minutes ?? [],
  }
}
