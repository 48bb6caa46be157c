import { setTimeout as pause } from 'node:timers/promises'
import type { ScheduleWindow } from '../infra/domain/scaling.ts'
import type { Clock } from '../infra/ports/clock.ts'
import type { DecisionStore } from '../infra/ports/decision-store.ts'
import type { Logger } from '../infra/ports/logger.ts'
import type { KeptOverride, OverrideStore } from '../infra/ports/override-store.ts'
import type { ScheduleStore } from '../infra/ports/schedule-store.ts'
import type { Lead, PoolMemory } from './act.ts'
import { TELLING_MS } from './demand-steps.ts'
import type { Evaluate, Evaluated, WishesSeen } from './evaluate.ts'
import { activeOverride } from './override.ts'
import { scheduleEffect, unreadableWindows } from './schedule.ts'

export interface ControllerDeps {
  readonly lead: Lead
  readonly evaluate: Evaluate
  /** settle what an earlier leader left open; false = not yet possible */
  readonly reconcile: () => Promise<boolean>
  readonly decisions: Pick<DecisionStore, 'list'>
  readonly overrides: Pick<OverrideStore, 'active'>
  readonly schedules: Pick<ScheduleStore, 'list'>
  /** tell of overrides that ran out */
  readonly announceExpired: () => Promise<void>
  /** what a look brought */
  readonly seen: (pool: string, evaluated: Evaluated) => void
  readonly clock: Clock
  readonly random: () => number
  readonly log: Logger
}

export interface ControllerConfig {
  readonly pools: readonly string[]
  readonly intervalMs: number
}

/** Looks at all pools again and again while this process leads. */
export interface Controller {
  /** one round, for whoever has a clock of his own */
  round(): Promise<void>
  start(): void
  /** resolves when the present round has ended */
  stop(): Promise<void>
}

/** A fleet that does not answer is asked less and less often, down to once in so long. */
const MAX_BACK_OFF_MS = 300_000
/** Who does not lead looks so often whether it does by now. */
const FOLLOW_MS = 1_000

interface Run {
  readonly term: number
  readonly memories: Map<string, PoolMemory>
  reconciled: boolean
}

/** Wishes as they were last read. */
const createWishes = ({ overrides, schedules, clock, log }: ControllerDeps) => {
  let known: { overrides: readonly KeptOverride[]; windows: readonly ScheduleWindow[] } = { overrides: [], windows: [] }
  let readAt: number | undefined
  const read = async (): Promise<string | undefined> => {
    try {
      const [held, windows] = await Promise.all([overrides.active(), schedules.list()])
      known = { overrides: held, windows }
      readAt = clock.monotonic()
      return undefined
    } catch (error) {
      log.warn({ error }, 'schedules and overrides could not be read: those last known hold')
      if (readAt === undefined) return 'schedules and overrides could not be read'
      return `schedules and overrides are ${Math.round((clock.monotonic() - readAt) / 1_000)} s old`
    }
  }
  return async (): Promise<WishesSeen> => {
    const doubt = await read()
    const { overrides: held, windows } = known
    const at: WishesSeen['at'] = (pool, now) => ({
      schedule: scheduleEffect(windows, pool, now),
      override: activeOverride(held, pool, now),
    })
    const doubtsOf: WishesSeen['doubtsOf'] = (pool) => [
      ...(doubt === undefined ? [] : [doubt]),
      ...unreadableWindows(windows, pool).map((name) => `window ${name} of the schedule cannot be read`),
    ]
    return { at, doubtsOf }
  }
}

/** How long a pool whose fleet does not answer is left alone. */
const createBackOff = ({ clock, random }: Pick<ControllerDeps, 'clock' | 'random'>, intervalMs: number) => {
  const waiting = new Map<string, { failures: number; until: number }>()
  return {
    isDue: (pool: string): boolean => clock.monotonic() >= (waiting.get(pool)?.until ?? Number.NEGATIVE_INFINITY),
    failed(pool: string): void {
      const failures = (waiting.get(pool)?.failures ?? 0) + 1
      // The first looks stay in time: most faults are over by then.
      const ms = Math.min(MAX_BACK_OFF_MS, intervalMs * 2 ** Math.max(0, failures - 3))
      const jittered = failures <= 3 ? 0 : ms * (0.5 + random() / 2)
      waiting.set(pool, { failures, until: clock.monotonic() + jittered })
    },
    answered: (pool: string): void => void waiting.delete(pool),
  }
}

/** One pool's turn in a round. Whatever goes wrong in it is the trouble of that pool alone. */
const createTurn = (deps: ControllerDeps, intervalMs: number) => {
  const { lead, evaluate, decisions, seen, log } = deps
  const backOff = createBackOff(deps, intervalMs)

  const memoryOf = async (pool: string, { memories }: Run): Promise<PoolMemory> => {
    const memory = memories.get(pool) ?? { last: (await decisions.list({ pool, limit: 1 }))[0], hanging: undefined }
    memories.set(pool, memory)
    return memory
  }

  return async (pool: string, run: Run, wishes: WishesSeen): Promise<void> => {
    if (!backOff.isDue(pool)) return
    const stillLeads: Lead = () => (lead() === run.term ? run.term : undefined)
    try {
      const evaluated = await evaluate(pool, stillLeads, wishes, await memoryOf(pool, run))
      if (evaluated.kind === 'fleet-away') backOff.failed(pool)
      else backOff.answered(pool)
      // The lease may only have been late: then what was written down is open, and nobody else will settle it.
      if (evaluated.kind === 'deposed') run.reconciled = false
      seen(pool, evaluated)
    } catch (error) {
      // What was written down and not settled is found again.
      run.reconciled = false
      log.error({ pool, error }, 'a look failed: the count stays as it is')
    }
  }
}

/** Builds the control loop. */
export const createController = (deps: ControllerDeps, { pools, intervalMs }: ControllerConfig): Controller => {
  const { lead, reconcile, announceExpired, clock, log } = deps
  const readWishes = createWishes(deps)
  const lookAt = createTurn(deps, intervalMs)
  const ended = new AbortController()
  let run: Run | undefined
  let running: Promise<void> | undefined

  const round = async (): Promise<void> => {
    const term = lead()
    if (term === undefined) {
      run = undefined
      return
    }
    if (run?.term !== term) run = { term, memories: new Map(), reconciled: false }
    const present = run
    present.reconciled ||= await reconcile()
    const wishes = await readWishes()
    await Promise.all(pools.map((pool) => lookAt(pool, present, wishes)))
    await announceExpired()
  }

  const loop = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      await round().catch((error: unknown) => log.error({ error }, 'a round failed: counts stay as they are'))
      // On the beat, a little after each step of the demand is over and told.
      const beatMs = intervalMs - ((clock.now() - TELLING_MS) % intervalMs)
      const ms = lead() === undefined ? Math.min(FOLLOW_MS, beatMs) : beatMs
      await pause(ms, undefined, { signal: ended.signal }).catch(() => {})
    }
  }

  return {
    round,
    start() {
      running ??= loop()
    },
    async stop() {
      ended.abort()
      await running
    },
  }
}
