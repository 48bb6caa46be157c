import { afterEach, describe, expect, it, vi } from 'vitest'
import { UnavailableError } from '../../../../infra/domain/errors.ts'
import { outcome } from '../../../../infra/domain/outcomes.ts'
import { systemClock } from '../../../../infra/runtime/clock.ts'
import type { Executor, TaskAnswer, TaskItem } from '../../../../worker/executor.ts'
import { createModelRuns } from '../../../../worker/model-runs.ts'
import type { OpenCandidate } from '../../../../worker/rollout/open-candidate.ts'
import { createRollouts } from '../../../../worker/rollout/rollouts.ts'
import { createMemoryRolloutStore } from '../../../fakes/rollout-store.ts'
import { aNewRollout } from '../../../fixtures/rollouts.ts'
import { silence } from '../../../fixtures/silence.ts'

const { log, metrics } = silence()
const LIVE: TaskAnswer = { kind: 'result', result: { live: true, score: 0.9, verdict: 'review' } }
const ITEM: TaskItem = { pictures: {}, options: {} }
const SOON = Number.POSITIVE_INFINITY
const JOB = { id: 'a', tenant: 'acme', task: 'liveness' } as const

const anExecutor = (digit: string, run: Executor['run'] = async (_task, items) => items.map(() => LIVE)): Executor => ({
  models: { liveness: [{ name: 'm', version: '1.0.0', digest: `sha256:${digit}` }] },
  devices: ['cpu'],
  run,
  close: async () => {},
})

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

const setUp = (candidate: Executor | Error = anExecutor('1'), worker = 'node/gpu/0') => {
  const [store, opened, closed] = [createMemoryRolloutStore(), { count: 0 }, { count: 0 }]
  let breakIt: (error: Error) => void = () => {}
  const openCandidate: OpenCandidate = async (_rollout, onBroken) => {
    opened.count += 1
    breakIt = onBroken
    if (candidate instanceof Error) throw candidate
    const close = async (): Promise<void> => {
      closed.count += 1
    }
    return { executor: candidate, close }
  }
  const runsOf = (executor: Executor) =>
    createModelRuns({ executor, metrics, clock: systemClock }, { maxSize: 4, maxDelayMs: 0 }, 1)
  const base = anExecutor('0')
  const kept: string[] = []
  const follow = () => {
    const rollouts = createRollouts(worker, ['liveness'], {
      store,
      open: openCandidate,
      base: { executor: base, runs: runsOf(base) },
      runsOf,
      keepThresholds: async ({ digest }) => void kept.push(digest),
      ...{ clock: systemClock, log, metrics },
    })
    open.push(rollouts)
    return rollouts
  }
  const start = async (overrides: Parameters<typeof aNewRollout>[0] = {}) => {
    const started = await store.start(aNewRollout(overrides))
    if (started.kind !== 'started') throw new Error('busy')
    return started.rollout.id
  }
  const stateOf = async (id: string) => (await store.workers(id))[0]?.state
  const is = (id: string, state: string) => vi.waitFor(async () => expect(await stateOf(id)).toBe(state))
  return {
    store,
    rollouts: follow(),
    follow,
    start,
    is,
    stateOf,
    opened,
    closed,
    breakIt: () => breakIt(new Error('x')),
  }
}

it('wants nothing of any job while there is no rollout', async () => {
  const { rollouts, opened } = setUp()
  await rollouts.round()
  expect([rollouts.partOf(JOB), opened.count]).toEqual([undefined, 0])
})

it('passes over rollouts of tasks that it does not run', async () => {
  const { rollouts, start, opened } = setUp()
  await start({ task: 'ocr' })
  await rollouts.round()
  expect([rollouts.partOf({ ...JOB, task: 'ocr' }), opened.count]).toEqual([undefined, 0])
})

describe('a rollout in force', () => {
  it('is followed once its candidate is loaded, and until then the base answers', async () => {
    const { rollouts, start, is } = setUp()
    const id = await start({ mode: 'canary' })
    expect(rollouts.partOf(JOB)).toBeUndefined()
    await rollouts.round()
    await is(id, 'ready')
    expect(rollouts.partOf(JOB)?.kind).toBe('canary')
  })

  it('has the jobs that are not chosen counted beside a canary, those of other tenants not', async () => {
    const { rollouts, start, is, store } = setUp()
    const id = await start({ mode: 'canary', share: 0, tenants: ['acme'] })
    await rollouts.round()
    await is(id, 'ready')
    const part = rollouts.partOf(JOB)
    if (part?.kind !== 'beside') throw new Error(`expected to be beside, not ${part?.kind}`)
    part.count({ answer: LIVE, startedAt: 0, inferMs: 5, batchSize: 1 })
    expect(rollouts.partOf({ ...JOB, tenant: 'other' })).toBeUndefined()
    await rollouts.round()
    expect((await store.counts(id)).base.jobs).toBe(1)
  })

  it('is left when it is over: jobs go back to the base at once, and the candidate is unloaded', async () => {
    const { rollouts, start, is, store, closed } = setUp()
    const id = await start()
    await rollouts.round()
    await is(id, 'ready')
    await store.change(id, { from: ['active'], to: 'taken-back', by: 'api', reason: 'errors' })
    await rollouts.round()
    expect(rollouts.partOf(JOB)).toBeUndefined()
    await is(id, 'left')
    expect(closed.count).toBe(1)
  })

  it('goes on as it is known while the database is away, and what was counted is told later', async () => {
    const { rollouts, start, is, store } = setUp()
    const id = await start({ mode: 'canary' })
    await rollouts.round()
    await is(id, 'ready')
    const away = vi.spyOn(store, 'inForce').mockRejectedValue(new UnavailableError('postgres', undefined))
    const notAdded = vi.spyOn(store, 'add').mockRejectedValue(new UnavailableError('postgres', undefined))
    const part = rollouts.partOf(JOB)
    if (part?.kind !== 'canary') throw new Error(`expected a canary, not ${part?.kind}`)
    expect((await part.run(ITEM, SOON, new AbortController().signal))?.answer).toEqual(LIVE)
    await rollouts.round()
    expect(rollouts.partOf(JOB)?.kind).toBe('canary')
    away.mockRestore()
    await rollouts.round()
    expect((await store.counts(id)).candidate.jobs).toBe(0)
    notAdded.mockRestore()
    await rollouts.round()
    expect((await store.counts(id)).candidate.jobs).toBe(1)
  })

  it('has a promoted shadow loaded anew, with threads that answer', async () => {
    const { rollouts, start, is, store, opened, closed } = setUp()
    const id = await start()
    await rollouts.round()
    await is(id, 'ready')
    await store.change(id, { from: ['active'], to: 'promoted', by: 'ada', reason: 'well' })
    await rollouts.round()
    await is(id, 'left')
    await vi.waitFor(async () => {
      await rollouts.round()
      expect(rollouts.partOf(JOB)?.kind).toBe('canary')
    })
    expect([opened.count, closed.count]).toEqual([2, 1])
    expect(rollouts.promoted()).toHaveLength(1)
  })
})

describe('a candidate', () => {
  it.each([
    ['throws', () => Promise.reject(new Error('no'))],
    ['fails', async () => [{ kind: 'error', error: outcome('INFERENCE_FAILED') } as const]],
  ])('that %s has the base answer, and is counted', async (_what, run) => {
    const { rollouts, start, is, store } = setUp(anExecutor('1', run))
    const id = await start({ mode: 'canary' })
    await rollouts.round()
    await is(id, 'ready')
    const part = rollouts.partOf(JOB)
    if (part?.kind !== 'canary') throw new Error(`expected a canary, not ${part?.kind}`)
    expect(await part.run(ITEM, SOON, new AbortController().signal)).toBeUndefined()
    await rollouts.round()
    expect((await store.counts(id)).candidate).toMatchObject({ jobs: 1, errors: 1 })
  })

  it('does not hold a job whose deadline has passed, or that was withdrawn', async () => {
    const { rollouts, start, is, store } = setUp()
    const id = await start({ mode: 'canary' })
    await rollouts.round()
    await is(id, 'ready')
    const part = rollouts.partOf(JOB)
    if (part?.kind !== 'canary') throw new Error(`expected a canary, not ${part?.kind}`)
    await expect(part.run(ITEM, -1, new AbortController().signal)).rejects.toThrow('the deadline passed')
    await expect(part.run(ITEM, SOON, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone')
    await rollouts.round()
    expect((await store.counts(id)).candidate.errors).toBe(0)
  })

  it('that is what the worker runs anyway is not tried', async () => {
    const { rollouts, start, is, closed } = setUp(anExecutor('0'))
    const id = await start()
    await rollouts.round()
    await is(id, 'is-base')
    expect([rollouts.partOf(JOB), closed.count]).toEqual([undefined, 1])
  })

  it('that cannot be loaded leaves the base alone, and the rollout says why', async () => {
    const { rollouts, start, is, store } = setUp(new UnavailableError('object storage', undefined))
    const id = await start({ mode: 'canary' })
    await rollouts.round()
    await is(id, 'failed')
    expect((await store.workers(id))[0]?.error).toBe('object storage is unavailable')
    expect(rollouts.partOf(JOB)).toBeUndefined()
  })

  it('that broke is put aside and stays there', async () => {
    const { rollouts, start, is, opened, closed, breakIt } = setUp()
    const id = await start()
    await rollouts.round()
    await is(id, 'ready')
    breakIt()
    await is(id, 'put-aside')
    await rollouts.round()
    expect([rollouts.partOf(JOB), opened.count, closed.count]).toEqual([undefined, 1, 1])
  })

  it('that two processes did not outlive is not loaded by a third', async () => {
    const { store, start, is, follow, opened } = setUp()
    const id = await start()
    await store.enter(id, 'node/gpu/0')
    await store.enter(id, 'node/gpu/0')
    const third = follow()
    await third.round()
    await is(id, 'put-aside')
    expect(opened.count).toBe(0)
    expect((await store.workers(id))[0]?.error).toMatch(/^2 processes of this worker were gone without a word/)
  })
})

it('tells what is left to tell when the worker ends, and unloads', async () => {
  const { rollouts, start, is, store, closed } = setUp()
  const id = await start({ mode: 'canary' })
  await rollouts.round()
  await is(id, 'ready')
  const part = rollouts.partOf(JOB)
  if (part?.kind !== 'canary') throw new Error(`expected a canary, not ${part?.kind}`)
  await part.run(ITEM, SOON, new AbortController().signal)
  await rollouts.close()
  expect((await store.counts(id)).candidate.jobs).toBe(1)
  expect((await store.workers(id))[0]?.state).toBe('left')
  expect(closed.count).toBe(1)
})
