import { AppError } from '../infra/domain/errors.ts'
import type { Rollout } from '../infra/domain/rollout.ts'
import type { RolloutCounts } from '../infra/domain/rollout-counts.ts'
import { judgeRollout, type Verdict } from '../infra/domain/rollout-verdict.ts'
import type { AuditEvent, AuditLog } from '../infra/ports/audit-log.ts'
import type { NewRollout, RolloutStore, RolloutWorker } from '../infra/ports/rollout-store.ts'

/** Nobody has started a rollout of this id. */
export class RolloutNotFoundError extends AppError {
  readonly code = 'ROLLOUT_NOT_FOUND'
  readonly retryable = false
  constructor() {
    super('no such rollout')
  }
}

/** The task has another one in force. */
export class RolloutBusyError extends AppError {
  readonly code = 'ROLLOUT_BUSY'
  readonly retryable = false
  readonly by: string
  constructor(by: string) {
    super(`rollout ${by} of this task is in force`)
    this.by = by
  }
}

/** It has ended, or somebody else has just decided on it. */
export class RolloutOverError extends AppError {
  readonly code = 'ROLLOUT_OVER'
  readonly retryable = false
  readonly state: Rollout['state']
  constructor(state: Rollout['state']) {
    super(`the rollout is ${state}`)
    this.state = state
  }
}

/** Who says so. */
export type RolloutActor = Pick<AuditEvent, 'actor' | 'channel' | 'requestId'>

/** A rollout with all there is to know of it. */
export interface RolloutView {
  readonly rollout: Rollout
  readonly counts: RolloutCounts
  /** what the counts say, also of one that is over */
  readonly verdict: Verdict
  readonly workers: readonly RolloutWorker[]
}

/**
 * What people do with rollouts. Whatever changes anything is on the audit trail before it is done.
 * @throws UnavailableError: then nothing has changed
 */
export interface ManageRollouts {
  /** @throws RolloutBusyError */
  start(wanted: Omit<NewRollout, 'startedBy'>, by: RolloutActor): Promise<Rollout>
  list(limit: number): Promise<readonly Rollout[]>
  /** @throws RolloutNotFoundError */
  show(id: string): Promise<RolloutView>
  /** The candidate answers every job from now on. @throws RolloutNotFoundError, RolloutOverError */
  promote(id: string, reason: string, by: RolloutActor): Promise<Rollout>
  /** The base answers every job from now on. @throws RolloutNotFoundError, RolloutOverError */
  end(id: string, reason: string, by: RolloutActor): Promise<Rollout>
}

/** What the trail keeps of a rollout. */
export const rolloutFacts = ({
  task,
  candidate,
  mode,
  share,
  tenants,
}: Omit<NewRollout, 'startedBy' | 'reason' | 'limits'>) => ({
  task,
  role: candidate.role,
  model: candidate.model,
  thresholds: candidate.thresholds,
  mode,
  share,
  tenants,
})

/** Builds the use case. */
export const createManageRollouts = ({
  rollouts,
  audit,
}: {
  readonly rollouts: RolloutStore
  readonly audit: AuditLog
}): ManageRollouts => {
  const find = async (id: string): Promise<Rollout> => {
    const rollout = await rollouts.find(id)
    if (!rollout) throw new RolloutNotFoundError()
    return rollout
  }

  const change = async (
    id: string,
    from: readonly Rollout['state'][],
    to: 'promoted' | 'ended',
    reason: string,
    by: RolloutActor,
  ): Promise<Rollout> => {
    const rollout = await find(id)
    if (!from.includes(rollout.state)) throw new RolloutOverError(rollout.state)
    const action = `rollout_${to}`
    await audit.record({ ...by, action, tenant: null, target: id, details: { ...rolloutFacts(rollout), reason } })
    const changed = await rollouts.change(id, { from, to, by: by.actor, reason })
    if (!changed) throw new RolloutOverError((await find(id)).state)
    return changed
  }

  return {
    async start(wanted, by) {
      const { limits, reason } = wanted
      const details = { ...rolloutFacts(wanted), limits: { ...limits }, reason }
      await audit.record({ ...by, action: 'rollout_started', tenant: null, target: wanted.task, details })
      const started = await rollouts.start({ ...wanted, startedBy: by.actor })
      if (started.kind === 'busy') throw new RolloutBusyError(started.id)
      return started.rollout
    },
    list: (limit) => rollouts.list(limit),
    async show(id) {
      const rollout = await find(id)
      const [counts, workers] = await Promise.all([rollouts.counts(id), rollouts.workers(id)])
      return { rollout, counts, workers, verdict: judgeRollout(rollout.mode, counts, rollout.limits) }
    },
    promote: (id, reason, by) => change(id, ['active'], 'promoted', reason, by),
    end: (id, reason, by) => change(id, ['active', 'promoted'], 'ended', reason, by),
  }
}
