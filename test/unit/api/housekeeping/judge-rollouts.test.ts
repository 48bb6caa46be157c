import { expect, it, vi } from 'vitest'
import { createJudgeRollouts } from '../../../../api/housekeeping/judge-rollouts.ts'
import { UnavailableError } from '../../../../infra/domain/errors.ts'
import type { ArmCounts } from '../../../../infra/domain/rollout-counts.ts'
import { createMemoryAuditLog } from '../../../fakes/audit-log.ts'
import { createMemoryRolloutStore } from '../../../fakes/rollout-store.ts'
import { aNewRollout, someCounts } from '../../../fixtures/rollouts.ts'
import { silence } from '../../../fixtures/silence.ts'

const MINUTE_MS = 60_000

const setUp = async () => {
  let now = 1_000 * MINUTE_MS
  const rollouts = createMemoryRolloutStore(() => now)
  const audit = createMemoryAuditLog()
  const started = await rollouts.start(aNewRollout())
  if (started.kind !== 'started') throw new Error('busy')
  const { id } = started.rollout
  return {
    ...{ id, rollouts, audit },
    later: (ms: number) => {
      now += ms
    },
    replica: () => createJudgeRollouts({ rollouts, audit, ...silence() }),
    judged: (counts: Partial<ArmCounts>) =>
      rollouts.add([{ rolloutId: id, arm: 'candidate', counts: someCounts(counts) }]),
    stateIs: async () => (await rollouts.find(id))?.state,
    entries: async () =>
      (await audit.list({ limit: 10 })).map(({ action, actor, details }) => [action, actor, details?.guard]),
  }
}

it('leaves a candidate alone that breaks no limit, and one that may be promoted', async () => {
  const { replica, judged, stateIs, entries } = await setUp()
  const look = replica()
  await look()
  await judged({ jobs: 5_000, compared: 5_000, flips: 10, positives: 4_000 })
  await look()
  expect([await stateIs(), await entries()]).toEqual(['active', []])
})

it('takes a candidate back once, however many replicas see it', async () => {
  const { replica, judged, stateIs, entries } = await setUp()
  await judged({ jobs: 300, compared: 300, flips: 30 })
  await Promise.all([replica()(), replica()(), replica()()])
  expect([await stateIs(), await entries()]).toEqual(['taken-back', [['rollout_taken_back', 'api', 'flips']]])
})

it('sees in the last minutes what a long good time would hide', async () => {
  const { replica, judged, later, stateIs } = await setUp()
  await judged({ jobs: 1_000_000, compared: 1_000_000 })
  later(60 * MINUTE_MS)
  await judged({ jobs: 300, errors: 30 })
  await replica()()
  expect(await stateIs()).toBe('taken-back')
})

it('does not judge what a person has promoted', async () => {
  const { id, rollouts, replica, judged, stateIs } = await setUp()
  await rollouts.change(id, { from: ['active'], to: 'promoted', by: 'ada', reason: 'well' })
  await judged({ jobs: 300, errors: 300 })
  await replica()()
  expect(await stateIs()).toBe('promoted')
})

it('takes it back also when the trail cannot be written: the row says it', async () => {
  const { audit, replica, judged, stateIs } = await setUp()
  vi.spyOn(audit, 'record').mockRejectedValue(new UnavailableError('postgres', undefined))
  await judged({ jobs: 300, errors: 300 })
  await replica()()
  expect(await stateIs()).toBe('taken-back')
})
