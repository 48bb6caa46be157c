import { UnavailableError } from '../infra/domain/errors.ts'
import type { DecisionOutcome, KeptDecision } from '../infra/domain/scaling.ts'
import type { DecisionStore } from '../infra/ports/decision-store.ts'
import type { Fleet, FleetView } from '../infra/ports/fleet.ts'
import type { Logger } from '../infra/ports/logger.ts'
import { type BoundsOf, createAct, type Lead, type PoolMemory } from './act.ts'
import type { Alarms } from './alarms.ts'
import { doubtsOf } from './doubts.ts'
import type { Learner, Outlook } from './learner.ts'
import type { Look, Measure } from './measure.ts'
import type { Permit } from './permit.ts'
import { commonBounds, type Seen, type Wishes } from './situation.ts'
import { noTriggers, type ReadTriggers } from './triggers/read-triggers.ts'
import { createSeeTriggers } from './triggers/see-triggers.ts'
import { triggerDoubts } from './triggers/words.ts'
import { createAway, createWatch, createZoneWatch } from './watch.ts'
import { isDone, moves, wantedNow } from './zones/progress.ts'
import { rememberZones } from './zones/spread.ts'

/** What people say of a pool, and why it may not be what they say now. */
export interface WishesSeen {
  at(pool: string, now: number): Wishes
  /** empty = it is what they say now */
  doubtsOf(pool: string): readonly string[]
}

export interface EvaluateDeps {
  readonly measure: Measure
  readonly fleet: Fleet
  readonly decisions: DecisionStore
  readonly learnerOf: (pool: string) => Learner
  readonly permit: Permit
  readonly alarms: Alarms
  readonly tell: (kept: KeptDecision) => void
  /** custom triggers; none unless told */
  readonly readTriggers?: ReadTriggers
  readonly log: Logger
}

export interface EvaluateConfig {
  readonly boundsOf: BoundsOf
  readonly intervalMs: number
  /** how much of a pool a zone is to have, against the others; all the same unless told */
  readonly zoneWeight?: (zone: string) => number
}

const UNCERTAIN: ReadonlySet<DecisionOutcome> = new Set(['unavailable', 'intended', 'abandoned'])

/** People's words and the backlog go on deciding while the history cannot be read. */
const unread = (error: unknown) => {
  if (!(error instanceof UnavailableError)) throw error
  return { forecast: undefined, collapsedMs: 0, doubt: 'the demand could not be read' }
}

/** One look's end. `fleet-away`: there is no count to decide from, so it stays. `deposed`: somebody else leads. */
export type Evaluated =
  | { readonly kind: 'decided'; readonly decision: KeptDecision }
  | { readonly kind: 'fleet-away' | 'deposed' }

/** One look at one pool. @throws UnavailableError when the database does not answer: then nothing was done */
export type Evaluate = (pool: string, lead: Lead, wishes: WishesSeen, memory: PoolMemory) => Promise<Evaluated>

/**
 * Builds one look at one pool: measure, forecast, decide, write down, do, settle, tell. The count is read and changed under
 * one version, so that two leaders cannot undo each other.
 */
export const createEvaluate = (deps: EvaluateDeps, config: EvaluateConfig): Evaluate => {
  const { boundsOf, intervalMs } = config
  const { measure, fleet, decisions, learnerOf, alarms, readTriggers = noTriggers } = deps
  const act = createAct(deps, config)
  const watch = createWatch(alarms, intervalMs)
  const watchZones = createZoneWatch(alarms)
  const away = createAway(deps, intervalMs)
  const seeTriggers = createSeeTriggers(readTriggers, alarms)

  const see = async (
    { measurement }: Look,
    view: FleetView,
    wishesSeen: WishesSeen,
    { last, triggers }: PoolMemory,
  ): Promise<Seen> => {
    const { pool, at, capacityPerNode: capacity, bootMs, rate } = measurement
    const bounds = commonBounds(boundsOf(pool), view.bounds)
    const told = rate && at - rate.ageMs
    const outlook: Outlook & { doubt?: string } = await learnerOf(pool)
      .look({ capacity, bootMs, bounds }, at, told)
      .catch(unread)
    const { forecast, collapsedMs } = outlook
    const wishes = wishesSeen.at(pool, at)
    const doubts = doubtsOf(measurement, { periodMs: intervalMs, schedule: wishes.schedule, collapsedMs })
    const ofHistory = outlook.doubt === undefined ? [] : [outlook.doubt]
    const readings = triggers?.readings
    return {
      ...{ measurement, view, forecast, wishes, bounds, wantedNow: wantedNow(last, view), triggers: readings },
      doubts: [...doubts, ...wishesSeen.doubtsOf(pool), ...ofHistory, ...triggerDoubts(readings ?? [])],
    }
  }

  /** A change of which it is not known whether it is done: it must be, before the count changes again. */
  const settleLast = async ({ last }: PoolMemory, view: FleetView): Promise<void> => {
    if (!last || !UNCERTAIN.has(last.outcome) || (last.from === last.to && !moves(last.zones))) return
    if (isDone(last, view)) await decisions.settle(last.id, 'applied', 'seen at the next look')
    else if (last.outcome === 'intended') await decisions.settle(last.id, 'abandoned', 'not seen at the next look')
  }

  return async (pool, lead, wishes, memory) => {
    const [look, judgeTriggers] = await Promise.all([measure(pool), seeTriggers(pool)])
    judgeTriggers(memory, look.measurement.at)
    if (!look.view) {
      const leads = await away(look, lead, wishes.at(pool, look.measurement.at), memory)
      return { kind: leads ? 'fleet-away' : 'deposed' }
    }
    await settleLast(memory, look.view)
    const seen = await see(look, look.view, wishes, memory)
    rememberZones(memory, look.view, seen.measurement)
    watch(seen, memory)
    const first = await act(seen, lead, memory)
    if (first) watchZones(first)
    if (first?.outcome !== 'conflict') return first ? { kind: 'decided', decision: first } : { kind: 'deposed' }
    // Somebody else was quicker: look again and decide on what is there now, once.
    const view = await fleet.view(pool).catch(() => undefined)
    if (!view) return { kind: 'decided', decision: first }
    const present = { view, bounds: commonBounds(boundsOf(pool), view.bounds), wantedNow: wantedNow(first, view) }
    const second = await act({ ...seen, ...present }, lead, memory)
    return second ? { kind: 'decided', decision: second } : { kind: 'deposed' }
  }
}
