import type { Rollout } from '../../infra/domain/rollout.ts'
import { judgeRollout, type Verdict } from '../../infra/domain/rollout-verdict.ts'
import type { AuditLog } from '../../infra/ports/audit-log.ts'
import type { Logger } from '../../infra/ports/logger.ts'
import type { Metrics } from '../../infra/ports/metrics.ts'
import type { RolloutStore } from '../../infra/ports/rollout-store.ts'
import { rolloutFacts } from '../manage-rollouts.ts'

/** What watching rollouts needs. */
export interface JudgeRolloutsDeps {
  readonly rollouts: Pick<RolloutStore, 'inForce' | 'counts' | 'change' | 'forgetMinutes'>
  readonly audit: AuditLog
  readonly metrics: Metrics
  readonly log: Logger
}

/** A candidate that was fine for a week and then is not shows in its last minutes first. */
const RECENT_MS = 15 * 60_000
const KEEP_MINUTES_MS = 7 * 24 * 3_600_000
const BY = 'api'

type TakeBack = Extract<Verdict, { kind: 'take-back' }>

/** The last minutes first, then the whole. */
const judge = async (rollouts: JudgeRolloutsDeps['rollouts'], { id, mode, limits }: Rollout) => {
  for (const lookbackMs of [RECENT_MS, undefined]) {
    const verdict = judgeRollout(mode, await rollouts.counts(id, lookbackMs), limits)
    if (verdict.kind === 'take-back') return verdict
  }
  return undefined
}

/** Of several replicas that see it one takes it back. It is in the row whatever becomes of the trail. */
const takeBack = async ({ rollouts, audit, metrics, log }: JudgeRolloutsDeps, rollout: Rollout, found: TakeBack) => {
  const { id, task } = rollout
  const { guard, reason } = found
  if (!(await rollouts.change(id, { from: ['active'], to: 'taken-back', by: BY, reason }))) return
  metrics.count('rollouts_taken_back', { task, reason: guard })
  log.error({ rollout: id, task, guard, reason }, 'a candidate is taken back: the base answers')
  const event = { actor: BY, channel: 'system', action: 'rollout_taken_back', tenant: null, target: id } as const
  await audit
    .record({ ...event, details: { ...rolloutFacts(rollout), guard, reason } })
    .catch((error: unknown) =>
      log.error({ rollout: id, error }, 'the way back could not be written to the audit trail'),
    )
}

/**
 * Takes back what breaks its limits.
 * @returns looks again
 */
export const createJudgeRollouts = (deps: JudgeRolloutsDeps): (() => Promise<void>) => {
  let inForce: readonly Rollout[] = []
  const help = 'Rollouts in force, by state: active, promoted'
  deps.metrics.gauges('muster_rollouts', help, 'state', () => {
    const states = Map.groupBy(inForce, ({ state }) => state as string)
    return new Map([...states].map(([state, all]) => [state, all.length]))
  })
  return async () => {
    inForce = await deps.rollouts.inForce()
    for (const rollout of inForce.filter(({ state }) => state === 'active')) {
      const found = await judge(deps.rollouts, rollout)
      if (found) await takeBack(deps, rollout, found)
    }
    if (inForce.length > 0) await deps.rollouts.forgetMinutes(KEEP_MINUTES_MS)
  }
}
