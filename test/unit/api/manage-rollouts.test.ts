import { describe, expect, it, vi } from 'vitest'
import {
  createManageRollouts,
  RolloutBusyError,
  RolloutNotFoundError,
  RolloutOverError,
} from '../../../api/manage-rollouts.ts'
import { UnavailableError } from '../../../infra/domain/errors.ts'
import { createMemoryAuditLog } from '../../fakes/audit-log.ts'
import { createMemoryRolloutStore } from '../../fakes/rollout-store.ts'
import { aNewRollout, someCounts } from '../../fixtures/rollouts.ts'

const BY = { actor: 'ada', channel: 'cli' } as const
const { startedBy: _, ...WANTED } = aNewRollout({ reason: 'a try' })

const setUp = () => {
  const [rollouts, audit] = [createMemoryRolloutStore(), createMemoryAuditLog()]
  const trail = async () => (await audit.list({ limit: 10 })).map(({ action, target }) => [action, target])
  return { rollouts, audit, manage: createManageRollouts({ rollouts, audit }), trail }
}

it('starts one, by whom and why, and writes it down first', async () => {
  const { manage, audit } = setUp()
  const rollout = await manage.start(WANTED, BY)
  expect(rollout).toMatchObject({ ...WANTED, startedBy: 'ada', state: 'active' })
  const [entry] = await audit.list({ limit: 1 })
  expect(entry).toMatchObject({
    action: 'rollout_started',
    actor: 'ada',
    target: 'liveness',
    tenant: null,
    details: { role: 'face-liveness', thresholds: { live: 0.9 }, reason: 'a try' },
  })
})

it('starts none while the task has another in force', async () => {
  const { manage } = setUp()
  const { id } = await manage.start(WANTED, BY)
  await expect(manage.start(WANTED, BY)).rejects.toEqual(new RolloutBusyError(id))
})

it('changes nothing that cannot be written down', async () => {
  const { manage, rollouts, audit } = setUp()
  const { id } = await manage.start(WANTED, BY)
  vi.spyOn(audit, 'record').mockRejectedValue(new UnavailableError('postgres', undefined))
  await expect(manage.promote(id, 'well', BY)).rejects.toBeInstanceOf(UnavailableError)
  expect((await rollouts.find(id))?.state).toBe('active')
})

describe('the ways out', () => {
  it('are to promote it, and then to end it', async () => {
    const { manage, trail } = setUp()
    const { id } = await manage.start(WANTED, BY)
    expect(await manage.promote(id, 'well', BY)).toMatchObject({ state: 'promoted', changedBy: 'ada' })
    await expect(manage.promote(id, 'again', BY)).rejects.toEqual(new RolloutOverError('promoted'))
    expect(await manage.end(id, 'it is the base', BY)).toMatchObject({ state: 'ended', changeReason: 'it is the base' })
    await expect(manage.end(id, 'again', BY)).rejects.toEqual(new RolloutOverError('ended'))
    expect(await trail()).toEqual([
      ['rollout_ended', id],
      ['rollout_promoted', id],
      ['rollout_started', 'liveness'],
    ])
  })

  it('are closed when a guard was faster', async () => {
    const { manage, rollouts } = setUp()
    const { id } = await manage.start(WANTED, BY)
    await rollouts.change(id, { from: ['active'], to: 'taken-back', by: 'api', reason: 'errors' })
    await expect(manage.promote(id, 'well', BY)).rejects.toEqual(new RolloutOverError('taken-back'))
  })
})

it('shows what came of it, with what the guards make of that', async () => {
  const { manage, rollouts } = setUp()
  const { id } = await manage.start(WANTED, BY)
  await rollouts.add([{ rolloutId: id, arm: 'candidate', counts: someCounts({ jobs: 9, errors: 9 }) }])
  await rollouts.tell(id, 'node/gpu/0', 'ready', null)
  expect(await manage.show(id)).toMatchObject({
    rollout: { id },
    counts: { candidate: { jobs: 9 } },
    verdict: { kind: 'take-back', guard: 'errors' },
    workers: [{ worker: 'node/gpu/0' }],
  })
})

it('knows no rollout that nobody started', async () => {
  const { manage } = setUp()
  for (const look of [manage.show('7'), manage.end('7', 'x', BY)])
    await expect(look).rejects.toEqual(new RolloutNotFoundError())
})
