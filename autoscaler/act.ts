import type { CountBounds, DecisionOutcome, KeptDecision } from '../infra/domain/scaling.ts'
import type { TriggerReading } from '../infra/domain/trigger.ts'
import type { ZoneState } from '../infra/domain/zones.ts'
import type { DecisionStore } from '../infra/ports/decision-store.ts'
import type { Fleet, FleetView } from '../infra/ports/fleet.ts'
import type { Permit } from './permit.ts'
import type { Hanging } from './placements.ts'
import { decide } from './policy.ts'
import { report } from './report.ts'
import { externalChange, type Seen, situationOf } from './situation.ts'
import { metaOf } from './tell.ts'
import type { TriggersMemory } from './triggers/judge.ts'
import { moves } from './zones/progress.ts'
import { spread } from './zones/spread.ts'

/** The term while this process surely leads. */
export type Lead = () => number | undefined

/** What the looks at one pool remember of each other while one process leads. */
export interface PoolMemory {
  last: KeptDecision | undefined
  hanging: Hanging | undefined
  /** of a fleet with zones, as the last look left them */
  zones?: readonly ZoneState[]
  /** of a pool with custom triggers */
  triggers?: { readonly memory: TriggersMemory; readonly readings: readonly TriggerReading[] } | undefined
}

interface ActDeps {
  readonly fleet: Pick<Fleet, 'setCount'>
  readonly decisions: Pick<DecisionStore, 'begin' | 'settle'>
  readonly permit: Permit
  readonly tell: (kept: KeptDecision) => void
}

interface ActConfig {
  readonly intervalMs: number
  /** how much of a pool a zone is to have, against the others; all the same unless told */
  readonly zoneWeight?: ((zone: string) => number) | undefined
}

type Intent = Omit<KeptDecision, 'id'>

const evenly = (): number => 1

/** Where one sits and watches a look comes every second: what says nothing new is kept less often. */
const REPEAT_MS = 5_000

const isRepetition = (intent: Intent, last: KeptDecision | undefined): boolean =>
  last !== undefined &&
  last.term === intent.term &&
  intent.outcome === 'none' &&
  last.outcome === 'none' &&
  intent.to === last.to &&
  intent.external === undefined &&
  intent.at - last.at < REPEAT_MS

/** The fleet's answer to a change, as what came of the decision. */
const apply = async (
  fleet: ActDeps['fleet'],
  kept: KeptDecision,
  view: FleetView,
): Promise<readonly [DecisionOutcome, string]> => {
  try {
    const [message = ''] = report({ ...kept, outcome: 'none' })
    const zones = kept.zones?.shares.map(({ zone, after }) => ({ zone, count: after }))
    const change = {
      pool: kept.pool,
      count: kept.to,
      zones,
      version: view.version,
      message,
      meta: metaOf(kept.id, kept),
    }
    const answer = await fleet.setCount(change)
    return [answer.kind, answer.kind === 'applied' ? '' : answer.why]
  } catch (error) {
    // It may have been done all the same: the next look shows.
    return ['unavailable', error instanceof Error ? error.message : 'no answer']
  }
}

/**
 * Builds what follows a look: decide, write down, do, settle, tell. The intent is written under the term of whoever leads,
 * and done under the version it was decided on.
 * @returns undefined = somebody else leads, and nothing was done
 */
export const createAct = ({ fleet, decisions, permit, tell }: ActDeps, { intervalMs, zoneWeight }: ActConfig) => {
  const intentOf = async (seen: Seen, term: number, { last, zones: states }: PoolMemory): Promise<Intent> => {
    const { measurement, forecast, wishes, bounds, doubts, view, triggers } = seen
    const decision = spread(decide(situationOf(seen)), { ...seen, states, weightOf: zoneWeight ?? evenly })
    const isChange = decision.from !== decision.to || moves(decision.zones)
    const onlyTold = isChange ? await permit(decision, wishes.override, measurement.at) : undefined
    return {
      ...decision,
      ...{ term, measurement, forecast, bounds, doubts, triggers },
      schedule: wishes.schedule.by,
      override: wishes.override,
      outcome: !isChange ? 'none' : onlyTold === undefined ? 'intended' : 'forecast-only',
      outcomeWhy: onlyTold ?? '',
      nextAt: measurement.at + intervalMs,
      external: externalChange(last, view.desiredCount),
    }
  }

  return async (seen: Seen, lead: Lead, memory: PoolMemory): Promise<KeptDecision | undefined> => {
    const term = lead()
    if (term === undefined) return undefined
    const intent = await intentOf(seen, term, memory)
    if (isRepetition(intent, memory.last)) return memory.last
    const begun = await decisions.begin(intent)
    if (begun.kind === 'deposed') return undefined
    let kept: KeptDecision = { ...intent, id: begun.id }
    if (kept.outcome === 'intended') {
      // Another may have begun to lead meanwhile: it finds the intent open, and undone.
      if (lead() !== term) return undefined
      const [outcome, outcomeWhy] = await apply(fleet, kept, seen.view)
      kept = { ...kept, outcome, outcomeWhy }
      memory.last = kept
      await decisions.settle(kept.id, outcome, outcomeWhy)
    }
    memory.last = kept
    tell(kept)
    return kept
  }
}

/** Limits of pools as they are configured. */
export type BoundsOf = (pool: string) => CountBounds
