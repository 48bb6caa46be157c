import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createJudgeRollouts } from '../../../api/housekeeping/judge-rollouts.ts'
import { DEFAULT_LIMITS } from '../../../infra/domain/rollout.ts'
import type { NewRollout } from '../../../infra/ports/rollout-store.ts'
import { createMemoryAuditLog } from '../../fakes/audit-log.ts'
import { openRolloutWorld, type RolloutWorld, WAIT } from '../../fixtures/rollout-world.ts'
import { silence } from '../../fixtures/silence.ts'

const BASE = `sha256:${'0'.repeat(64)}`
const CANDIDATE = `sha256:${'1'.repeat(64)}`
const TASKS = new URL('../../fixtures/tasks/tried.ts', import.meta.url).href

let world: RolloutWorld
let worker: ReturnType<RolloutWorld['startWorker']>
let begun: string | undefined
beforeAll(async () => {
  world = await openRolloutWorld()
  worker = world.startWorker({ WORKER_TASK_MODULE: TASKS, WORKER_INDEX: '0' })
  await world.check(1)
})
afterEach(async () => {
  if (begun === undefined) return
  await world.end(begun)
  await world.workerIs(begun, 'left')
  begun = undefined
})
afterAll(() => world?.close())

const start = async (thresholds: Record<string, number>, overrides: Partial<NewRollout> = {}) => {
  const candidate = { role: 'face-liveness', model: null, thresholds }
  const rollout = await world.start({ candidate, ...overrides })
  begun = rollout.id
  return rollout.id
}
const LIMITS = { ...DEFAULT_LIMITS, minSampleCount: 10 }
const digestsOf = (jobs: Awaited<ReturnType<RolloutWorld['check']>>) =>
  new Set(jobs.map(({ models }) => models[0]?.digest))
const statesOf = (jobs: Awaited<ReturnType<RolloutWorld['check']>>) => new Set(jobs.map(({ state }) => state))

/** Two replicas of the api look at the same time. */
const judge = async () => {
  const audit = createMemoryAuditLog()
  const look = () => createJudgeRollouts({ ...world, audit, metrics: silence().metrics })()
  await Promise.all([look(), look()])
  return (await audit.list({ limit: 10 })).filter(({ action }) => action === 'rollout_taken_back')
}

it('names the models and the thresholds that decided, and keeps what these are', async () => {
  const [job] = await world.check(1)
  expect(job).toMatchObject({ state: 'succeeded', models: [{ digest: BASE }] })
  expect(job?.thresholdSet).toMatch(/^sha256:[0-9a-f]{16}$/)
  await vi.waitFor(async () => {
    const kept = await world.catalog.thresholds(job?.thresholdSet ?? '')
    expect(kept).toMatchObject({ task: 'liveness', thresholds: { 'face-liveness': { live: 0.5 } } })
  }, WAIT)
})

describe('a canary', () => {
  it('answers the jobs it is for, and names itself; when it ends the base answers', async () => {
    const id = await start({ live: 0.9 }, { mode: 'canary' })
    await world.workerIs(id, 'ready')
    const jobs = await world.check(10)
    expect(digestsOf(jobs)).toEqual(new Set([CANDIDATE]))
    expect(jobs.map(({ result }) => result)).toEqual(
      jobs.map(() => expect.objectContaining({ live: false, threshold: 0.9 })),
    )
    const kept = await world.catalog.thresholds(jobs[0]?.thresholdSet ?? '')
    expect(kept?.thresholds).toEqual({ 'face-liveness': { live: 0.9 } })
    await vi.waitFor(async () => expect((await world.rollouts.counts(id)).candidate.jobs).toBe(10), WAIT)
    await world.end(id)
    await world.workerIs(id, 'left')
    expect(digestsOf(await world.check(5))).toEqual(new Set([BASE]))
  })

  it('answers everybody once it is promoted', async () => {
    const id = await start({ live: 0.9 }, { mode: 'canary', share: 0 })
    await world.workerIs(id, 'ready')
    expect(digestsOf(await world.check(3))).toEqual(new Set([BASE]))
    await world.rollouts.change(id, { from: ['active'], to: 'promoted', by: 'ada', reason: 'well' })
    await vi.waitFor(async () => expect(digestsOf(await world.check(1))).toEqual(new Set([CANDIDATE])), WAIT)
  })

  it('that fails costs no answer: the base gives it, and one of two replicas takes the candidate back', async () => {
    const id = await start({ throws: 1 }, { mode: 'canary', limits: LIMITS })
    await world.workerIs(id, 'ready')
    const jobs = await world.check(4)
    expect([statesOf(jobs), digestsOf(jobs)]).toEqual([new Set(['succeeded']), new Set([BASE])])
    await vi.waitFor(async () => expect((await world.rollouts.counts(id)).candidate.errors).toBe(4), WAIT)
    const entries = await judge()
    expect(entries).toHaveLength(1)
    expect(entries[0]).toMatchObject({ target: id, details: { guard: 'errors' } })
    expect(await world.rollouts.find(id)).toMatchObject({ state: 'taken-back', changedBy: 'api' })
    await world.workerIs(id, 'left')
    expect(statesOf(await world.check(2))).toEqual(new Set(['succeeded']))
  })
})

describe('a shadow', () => {
  it('answers nothing, and is taken back when it decides differently', async () => {
    const id = await start({ live: 0.9 }, { limits: { ...LIMITS, maxP95Ratio: 1000 } })
    await world.workerIs(id, 'ready')
    const jobs = await world.check(12)
    expect(digestsOf(jobs)).toEqual(new Set([BASE]))
    await vi.waitFor(async () => {
      const { candidate } = await world.rollouts.counts(id)
      expect(candidate.compared + candidate.dropped).toBe(12)
      expect(candidate.flips).toBe(candidate.compared)
      expect(candidate.flips).toBeGreaterThan(0)
    }, WAIT)
    expect(await judge()).toMatchObject([{ target: id, details: { guard: 'flips' } }])
  })

  it('that fails is taken back, and nobody was answered otherwise for it', async () => {
    const id = await start({ throws: 1 }, { limits: { ...LIMITS, minSampleCount: 100 } })
    await world.workerIs(id, 'ready')
    expect(statesOf([...(await world.check(1)), ...(await world.check(1))])).toEqual(new Set(['succeeded']))
    await vi.waitFor(async () => expect((await world.rollouts.counts(id)).candidate.errors).toBe(2), WAIT)
    expect(await judge()).toMatchObject([{ target: id, details: { guard: 'errors' } }])
  })

  it('that kills its thread twice is put aside and says so; no job fails, and the worker lives on', async () => {
    const id = await start({ exits: 1 })
    await world.workerIs(id, 'ready')
    const jobs = [...(await world.check(1)), ...(await world.check(6))]
    expect([statesOf(jobs), digestsOf(jobs)]).toEqual([new Set(['succeeded']), new Set([BASE])])
    await vi.waitFor(async () => {
      for (const job of await world.check(2)) expect(job.state).toBe('succeeded')
      expect((await world.rollouts.workers(id))[0]?.state).toBe('put-aside')
    }, WAIT)
    expect((await world.rollouts.workers(id))[0]?.error).toMatch(/inference threads died/)
    expect(worker.exitCode).toBeNull()
    expect(statesOf(await world.check(2))).toEqual(new Set(['succeeded']))
  })

  it('that cannot be loaded leaves the base alone, and says why', async () => {
    const id = await start({ missing: 1 })
    const told = await world.workerIs(id, 'failed')
    expect(told?.error).toBe('Error in an inference thread')
    expect(digestsOf(await world.check(2))).toEqual(new Set([BASE]))
  })

  it('of what the worker runs anyway is nothing to try', async () => {
    const id = await start({ live: 0.5 })
    await world.workerIs(id, 'is-base')
    await world.check(2)
    expect((await world.rollouts.counts(id)).candidate.jobs).toBe(0)
  })
})
