import type { RolloutView } from '../api/manage-rollouts.ts'
import { quantileOf, totalOf } from '../infra/domain/latency-histogram.ts'
import type { ArmCounts } from '../infra/domain/rollout-counts.ts'
import { table } from './output.ts'

const share = (count: number, of: number): string =>
  of === 0 ? String(count) : `${count} (${((100 * count) / of).toFixed(2)} %)`

const mean = (sum: number, of: number): string => (of === 0 ? '-' : (sum / of).toFixed(3))

const p95 = ({ latency }: ArmCounts): string =>
  totalOf(latency) === 0 ? '-' : `${Math.round(quantileOf(latency, 0.95) ?? 0)} ms`

const VERDICTS = { continue: 'goes on', promotable: 'may be promoted', 'take-back': 'is to be taken back' } as const

const instant = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ')

/** A rollout in words, for a terminal. Pure. */
export const describeRollout = ({ rollout, counts, verdict, workers }: RolloutView): string => {
  const { id, task, candidate, mode, state, tenants } = rollout
  const { base, candidate: own } = counts
  const thresholds = Object.entries(candidate.thresholds).map(([name, value]) => `${name}=${value}`)
  const facts = [
    ['rollout', `${id}, ${state} since ${instant(rollout.changedAt ?? rollout.startedAt)} UTC`],
    ['tries', `${candidate.role} of ${task}: ${[candidate.model ?? 'the model in use', ...thresholds].join(' ')}`],
    [
      'as',
      `${mode}, ${rollout.share * 100} % of ${tenants.length === 0 ? 'all jobs' : `the jobs of ${tenants.join(', ')}`}`,
    ],
    ['started', `by ${rollout.startedBy}: ${rollout.reason}`],
    ...(rollout.changedBy === null ? [] : [[state, `by ${rollout.changedBy}: ${rollout.changeReason ?? ''}`]]),
    ['verdict', `${VERDICTS[verdict.kind]}: ${verdict.kind === 'take-back' ? verdict.reason : verdict.why}`],
  ]
  const sums = [
    ['', 'BASE', 'CANDIDATE'],
    ['jobs', String(base.jobs), String(own.jobs)],
    ['the model failed', share(base.errors, base.jobs), share(own.errors, own.jobs)],
    ['positive', share(base.positives, base.jobs), share(own.positives, own.jobs)],
    ['model time, p95', p95(base), p95(own)],
    ...(mode === 'canary'
      ? [['mean score', mean(base.scoreSum, base.scored), mean(own.scoreSum, own.scored)]]
      : [
          ['decided otherwise', '', share(own.flips, own.compared)],
          ['score shift, mean', '', mean(own.shiftSum, own.shifted)],
          ['score shift, size', '', mean(own.shiftAbsSum, own.shifted)],
          ['not judged: busy', '', String(own.dropped)],
        ]),
  ]
  const rows = workers.map(({ worker, state: how, lostCount, error, seenAt }) => [
    ...[worker, how, String(lostCount), instant(seenAt), error ?? ''],
  ])
  const seen =
    rows.length === 0
      ? 'no worker has looked at it yet'
      : table([['WORKER', 'STATE', 'LOST', 'SEEN', 'ERROR'], ...rows])
  return [table(facts), table(sums), seen].join('\n\n')
}
