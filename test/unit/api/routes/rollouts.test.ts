import { describe, expect, it } from 'vitest'
import { startApi } from '../../../fixtures/api.ts'
import { someCounts } from '../../../fixtures/rollouts.ts'

const WANTED = {
  task: 'liveness',
  role: 'face-liveness',
  thresholds: { live: 0.9 },
  mode: 'shadow',
  limits: { minSampleCount: 10 },
  reason: 'a try',
}

const setUp = async () => {
  const { app, deps, auth } = await startApi()
  const call = (method: 'GET' | 'POST', url: string, payload?: object) =>
    app.inject({ method, url, headers: auth, ...(payload && { payload }) })
  return { deps, call }
}

describe('starting a rollout', () => {
  it('answers 201 with all that holds, also what nobody said', async () => {
    const { call } = await setUp()
    const answer = await call('POST', '/v1/rollouts', WANTED)
    expect(answer.statusCode).toBe(201)
    expect(answer.json()).toMatchObject({
      ...{ id: '1', state: 'active', role: 'face-liveness', model: null, share: 1, tenants: [], changedAt: null },
      limits: { minSampleCount: 10, maxFlipRatio: 0.02 },
    })
  })

  it.each([
    ['of a task that there is not', { ...WANTED, task: 'iris' }],
    ['of a model without a version', { ...WANTED, model: 'livenessnet' }],
    ['of a model out of a folder above', { ...WANTED, model: '../../etc@1.0.0' }],
    ['of more than all', { ...WANTED, share: 1.1 }],
    ['without a reason', { ...WANTED, reason: '' }],
    ['with a limit that there is not', { ...WANTED, limits: { maxAnger: 1 } }],
    ['of nothing', { ...WANTED, thresholds: {} }],
  ])('%s is refused', async (_what, wanted) => {
    const answer = await (await setUp()).call('POST', '/v1/rollouts', wanted)
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'INVALID_REQUEST'])
  })

  it('is refused while the task has one in force, which the answer names', async () => {
    const { call } = await setUp()
    await call('POST', '/v1/rollouts', WANTED)
    const answer = await call('POST', '/v1/rollouts', WANTED)
    expect([answer.statusCode, answer.json()]).toMatchObject([
      409,
      { code: 'ROLLOUT_BUSY', detail: 'rollout 1 of this task is in force' },
    ])
  })
})

it('shows counts, means, verdict and workers of one', async () => {
  const { deps, call } = await setUp()
  await call('POST', '/v1/rollouts', WANTED)
  const counts = someCounts({ jobs: 20, compared: 20, flips: 5, shifted: 20, shiftSum: -2, shiftAbsSum: 4 })
  await deps.rollouts.add([{ rolloutId: '1', arm: 'candidate', counts }])
  await deps.rollouts.tell('1', 'node/gpu/0', 'failed', 'no such model')
  const answer = await call('GET', '/v1/rollouts/1')
  expect(answer.statusCode).toBe(200)
  expect(answer.json()).toMatchObject({
    verdict: { kind: 'take-back', why: expect.stringContaining('5 of 20 decisions differ') },
    base: { jobs: 0, meanShift: null, p95Ms: null },
    candidate: { flips: 5, meanShift: -0.1, meanAbsShift: 0.2 },
    workers: [{ worker: 'node/gpu/0', state: 'failed', error: 'no such model' }],
  })
})

it('promotes and ends, and says of one that is over that it is', async () => {
  const { call } = await setUp()
  await call('POST', '/v1/rollouts', WANTED)
  const said = { reason: 'well' }
  expect((await call('POST', '/v1/rollouts/1/promote', said)).json()).toMatchObject({ state: 'promoted' })
  expect((await call('POST', '/v1/rollouts/1/end', said)).json()).toMatchObject({
    state: 'ended',
    changeReason: 'well',
  })
  expect((await call('POST', '/v1/rollouts/1/end', said)).json()).toMatchObject({ status: 409, code: 'ROLLOUT_OVER' })
  expect((await call('POST', '/v1/rollouts/2/end', said)).json()).toMatchObject({
    status: 404,
    code: 'ROLLOUT_NOT_FOUND',
  })
  expect((await call('GET', '/v1/rollouts')).json().rollouts).toHaveLength(1)
})

it('says what stands behind the short name of a threshold set', async () => {
  const set = {
    digest: 'sha256:0123456789abcdef',
    task: 'ocr',
    thresholds: { rules: { allowPass: false, side: 416 } },
  } as const
  const thresholds = async (digest: string) => (digest === set.digest ? { ...set, firstSeenAt: 0 } : undefined)
  const { app, auth, foreign } = await startApi(() => ({ models: { list: async () => [], thresholds } }))
  const look = (digest: string, headers: { readonly authorization: string }) =>
    app.inject({ url: `/v1/threshold-sets/${digest}`, headers })
  for (const headers of [auth, foreign])
    expect((await look(set.digest, headers)).json()).toEqual({ ...set, firstSeenAt: '1970-01-01T00:00:00.000Z' })
  expect((await look('sha256:0', auth)).json()).toMatchObject({ status: 404, code: 'THRESHOLD_SET_NOT_FOUND' })
})
