import Type, { type Static } from 'typebox'
import { quantileOf } from '../../infra/domain/latency-histogram.ts'
import {
  DEFAULT_LIMITS,
  ordinaryShare,
  ROLLOUT_MODES,
  ROLLOUT_STATES,
  type Rollout,
} from '../../infra/domain/rollout.ts'
import type { ArmCounts } from '../../infra/domain/rollout-counts.ts'
import { TASK_NAMES } from '../../infra/domain/task.ts'
import { nullable, PRINTABLE, strict, words } from '../../infra/http/schema.ts'
import type { NewRollout } from '../../infra/ports/rollout-store.ts'
import type { RolloutView } from '../manage-rollouts.ts'

const Ratio = (description: string, maximum = 1) => Type.Number({ minimum: 0, maximum, description })
const Role = Type.String({
  pattern: '^[a-z][a-z0-9-]{0,63}$',
  description: 'as the manifest names it: `face-liveness`',
})
const Model = Type.String({
  pattern: '^[a-z0-9][a-z0-9._-]{0,99}@[0-9A-Za-z.-]{1,60}$',
  description: '`name@version`; without it the model in use, with other thresholds',
})
const Thresholds = Type.Record(Type.String({ pattern: '^[A-Za-z][A-Za-z0-9]{0,39}$' }), Type.Number(), {
  maxProperties: 20,
  description: 'in place of those on the model’s card',
})
const Reason = Type.String({
  minLength: 1,
  maxLength: 200,
  pattern: PRINTABLE,
  description: 'why; for the audit trail',
})
const Tenant = Type.String({ minLength: 1, maxLength: 100, pattern: PRINTABLE })

const LIMITS = {
  maxErrorRatio: Ratio('of its jobs that the model may fail'),
  maxP95Ratio: Ratio('its 95th percentile of model time over the base’s', 1000),
  maxFlipRatio: Ratio('of its decisions that may differ'),
  maxScoreShift: Ratio('how far its scores may be off on average'),
  minSampleCount: Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'jobs before anything is judged' }),
}

/** What starts a rollout. */
export const RolloutBody = strict({
  task: words(TASK_NAMES),
  role: Role,
  model: Type.Optional(Model),
  thresholds: Type.Optional(Thresholds),
  mode: words(
    ROLLOUT_MODES,
    '`shadow`: the base answers, the candidate judges afterwards; `canary`: it answers a share',
  ),
  share: Type.Optional(Ratio('of the jobs; unless told 0.05 of a canary without tenants, else 1')),
  tenants: Type.Optional(Type.Array(Tenant, { maxItems: 1000, description: 'whose jobs; everybody’s unless told' })),
  limits: Type.Optional(Type.Partial(strict(LIMITS), { additionalProperties: false })),
  reason: Reason,
})

/** What a person says to it. */
export const ReasonBody = strict({ reason: Reason })

const Instant = Type.String({ format: 'date-time' })
const ROLLOUT = {
  id: Type.String(),
  task: words(TASK_NAMES),
  role: Type.String(),
  model: nullable(Type.String({ description: 'null: the model in use' })),
  thresholds: Type.Record(Type.String(), Type.Number()),
  mode: words(ROLLOUT_MODES),
  share: Type.Number(),
  tenants: Type.Array(Type.String()),
  limits: strict(LIMITS),
  state: words(
    ROLLOUT_STATES,
    '`active`: the guards watch it; `promoted`: it answers every job until the base is changed',
  ),
  startedAt: Instant,
  startedBy: Type.String(),
  reason: Type.String(),
  changedAt: nullable(Instant),
  changedBy: nullable(Type.String()),
  changeReason: nullable(Type.String()),
}
/** A rollout as callers see it. */
export const RolloutSchema = strict(ROLLOUT)

const count = (description: string) => Type.Integer({ minimum: 0, description })
const ArmSchema = strict({
  jobs: count('judged by it'),
  errors: count('of them the model failed'),
  positives: count('answered in the positive'),
  compared: count('in the shadow: judged by both'),
  flips: count('of them decided differently'),
  dropped: count('in the shadow: not judged, because the worker was busy'),
  meanShift: nullable(Type.Number({ description: 'in the shadow: of the scores, candidate less base' })),
  meanAbsShift: nullable(Type.Number()),
  meanScore: nullable(Type.Number({ description: 'of a canary' })),
  p95Ms: nullable(Type.Number({ description: 'of the time in the model, up to 15 % too long' })),
})
const WorkerSchema = strict({
  worker: Type.String({ description: 'host, pool and index' }),
  state: words(['loading', 'ready', 'is-base', 'failed', 'put-aside', 'left']),
  lostCount: count('processes that were gone without a word while they had the candidate'),
  error: nullable(Type.String()),
  seenAt: Instant,
})
/** A rollout with what came of it. */
export const RolloutViewSchema = strict({
  ...ROLLOUT,
  verdict: strict({
    kind: words(['continue', 'promotable', 'take-back']),
    why: Type.String({ description: '`promotable` is advice: a person promotes' }),
  }),
  base: ArmSchema,
  candidate: ArmSchema,
  workers: Type.Array(WorkerSchema),
})

const instant = (ms: number): string => new Date(ms).toISOString()

/** @param wanted as it came */
export const newRolloutOf = (wanted: Static<typeof RolloutBody>): Omit<NewRollout, 'startedBy'> => {
  const { task, role, model = null, thresholds = {}, mode, tenants = [], limits, reason } = wanted
  const share = wanted.share ?? ordinaryShare(mode, tenants)
  const candidate = { role, model, thresholds }
  return { task, candidate, mode, share, tenants, limits: { ...DEFAULT_LIMITS, ...limits }, reason }
}

/** A rollout as HTTP and `--json` show it. Public: members are added, never renamed. */
export const toRolloutResource = ({ candidate, startedAt, changedAt, ...rollout }: Rollout) => ({
  ...rollout,
  ...candidate,
  startedAt: instant(startedAt),
  changedAt: changedAt === null ? null : instant(changedAt),
})

const mean = (sum: number, of: number): number | null => (of === 0 ? null : sum / of)

const toArm = ({ latency, scored, scoreSum, shifted, shiftSum, shiftAbsSum, ...counts }: ArmCounts) => ({
  ...counts,
  meanShift: mean(shiftSum, shifted),
  meanAbsShift: mean(shiftAbsSum, shifted),
  meanScore: mean(scoreSum, scored),
  p95Ms: quantileOf(latency, 0.95) ?? null,
})

/** The same with what came of it. */
export const toRolloutView = ({ rollout, counts, verdict, workers }: RolloutView) => ({
  ...toRolloutResource(rollout),
  verdict: { kind: verdict.kind, why: verdict.kind === 'take-back' ? verdict.reason : verdict.why },
  base: toArm(counts.base),
  candidate: toArm(counts.candidate),
  workers: workers.map(({ seenAt, ...worker }) => ({ ...worker, seenAt: instant(seenAt) })),
})
