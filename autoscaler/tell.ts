import type { DecisionStep, KeptDecision } from '../infra/domain/scaling.ts'
import type { Clock } from '../infra/ports/clock.ts'
import type { CountChange, Fleet } from '../infra/ports/fleet.ts'
import type { Logger } from '../infra/ports/logger.ts'
import type { Notifier } from '../infra/ports/notifier.ts'
import { report } from './report.ts'
import { moves } from './zones/progress.ts'

interface TellDeps {
  readonly fleet: Pick<Fleet, 'note'>
  readonly notifier: Notifier
  readonly clock: Pick<Clock, 'monotonic'>
  readonly log: Logger
}

/** The same thing that goes on is not told again for so long. */
const QUIET_MS = 600_000
const HOUR_MS = 3_600_000

/** Facts of a decision for programs that look at the fleet. */
export const metaOf = (id: string, { forecast, schedule, override }: KeptDecision): CountChange['meta'] => ({
  forecast: forecast ? String(forecast.desired) : 'none',
  expert: forecast?.expert ?? 'none',
  schedule: schedule.join(', ') || 'none',
  override: override?.id ?? 'none',
  decision: id,
})

const HOLDERS: ReadonlySet<DecisionStep['by']> = new Set(['unknown', 'override'])

/** What kept the count where it is although something wanted another one; undefined = nothing did. */
export const heldBy = ({ from, to, steps }: Pick<KeptDecision, 'from' | 'to' | 'steps'>): DecisionStep | undefined =>
  from === to ? steps.findLast(({ by, after }) => HOLDERS.has(by) && after === to) : undefined

/** Numbers change from look to look; the reason stays. */
const kindOf = ({ by, why }: DecisionStep): string => `${by} ${why.replace(/[\d.]+/g, '#')}`

/**
 * Says a decision where people look: log, notices, and the fleet's own trail where it was held. The loop waits for none of
 * them, and what goes on unchanged is said every ten minutes only.
 */
export const createTell = ({ fleet, notifier, clock, log }: TellDeps) => {
  const quietUntil = new Map<string, number>()
  const isNew = (key: string): boolean => {
    const now = clock.monotonic()
    if (now < (quietUntil.get(key) ?? Number.NEGATIVE_INFINITY)) return false
    quietUntil.set(key, now + QUIET_MS)
    for (const [other, until] of quietUntil) if (until < now) quietUntil.delete(other)
    return true
  }

  const tellScaled = (kept: KeptDecision): void => {
    const { pool, at, id } = kept
    // One message an hour that is brought up to date, with the last change in it.
    const key = `scaled:${pool}:${Math.floor(at / HOUR_MS)}`
    notifier.tell({ kind: 'scaled', pool, at, lines: report(kept), key, actions: ['undo', 'hold'], about: id })
  }

  const tellHeld = (kept: KeptDecision, step: DecisionStep): void => {
    const { pool, at, id, override } = kept
    const key = `held:${pool}:${kindOf(step)}`
    if (!isNew(key)) return
    const actions = step.by === 'override' ? (['release'] as const) : []
    const about = override ? { about: override.id } : {}
    notifier.tell({ kind: 'held', pool, at, lines: report(kept), key: `held:${pool}`, actions, ...about })
    fleet
      .note(pool, `held at ${kept.to}: ${step.why}`, metaOf(id, kept))
      .catch((error: unknown) => log.debug({ pool, error }, 'the fleet took no note'))
  }

  const tellExternal = ({ pool, at, external }: KeptDecision): void => {
    if (!external) return
    const line = `${pool}: somebody else changed the count, ${external.before} -> ${external.after}; this is the count now`
    log.warn({ pool, ...external }, 'somebody else changed the count')
    notifier.tell({ kind: 'alert', pool, at, lines: [line], key: `external:${pool}`, actions: [] })
  }

  return (kept: KeptDecision): void => {
    const { id: decision, pool, from, to, outcome } = kept
    const lines = report(kept)
    const facts = { decision, pool, from, to, outcome, report: lines.slice(1) }
    const isChange = from !== to || moves(kept.zones)
    if (!isChange) log.debug(facts, lines[0] as string)
    else log.info(facts, lines[0] as string)
    tellExternal(kept)
    const held = heldBy(kept)
    if (held) tellHeld(kept, held)
    if (outcome === 'applied' && isChange) tellScaled(kept)
    if (outcome === 'forecast-only' && isNew(`told:${pool}`))
      notifier.tell({ kind: 'held', pool, at: kept.at, lines, key: `told:${pool}`, actions: [] })
  }
}
