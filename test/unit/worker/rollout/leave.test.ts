import { afterEach, expect, it, vi } from 'vitest'
import { systemClock } from '../../../../infra/runtime/clock.ts'
import type { Executor } from '../../../../worker/executor.ts'
import { createModelRuns } from '../../../../worker/model-runs.ts'
import { createRollouts, type Rollouts } from '../../../../worker/rollout/rollouts.ts'
import { createMemoryRolloutStore } from '../../../fakes/rollout-store.ts'
import { aNewRollout } from '../../../fixtures/rollouts.ts'
import { silence } from '../../../fixtures/silence.ts'

const { log, metrics } = silence()
const anExecutor = (digit: string): Executor => ({
  models: { liveness: [{ name: 'm', version: '1.0.0', digest: `sha256:${digit}` }] },
  devices: ['cpu'],
  run: async () => [],
  close: async () => {},
})

let rollouts: Rollouts
afterEach(() => rollouts.close())

/** A worker whose candidates take until they are let come. */
const setUp = () => {
  const store = createMemoryRolloutStore()
  const coming: (() => void)[] = []
  let loadedCount = 0
  const runsOf = (executor: Executor) =>
    createModelRuns({ executor, metrics, clock: systemClock }, { maxSize: 4, maxDelayMs: 0 }, 1)
  const base = anExecutor('0')
  rollouts = createRollouts('node/gpu/0', ['liveness'], {
    store,
    open: async () => {
      await new Promise<void>((resolve) => coming.push(resolve))
      loadedCount += 1
      const close = async (): Promise<void> => {
        loadedCount -= 1
      }
      return { executor: anExecutor('1'), close }
    },
    base: { executor: base, runs: runsOf(base) },
    runsOf,
    keepThresholds: async () => {},
    ...{ clock: systemClock, log, metrics },
  })
  const start = async (): Promise<string> => {
    const started = await store.start(aNewRollout())
    if (started.kind !== 'started') throw new Error('busy')
    await rollouts.round()
    return started.rollout.id
  }
  const end = async (id: string) => {
    await store.change(id, { from: ['active'], to: 'ended', by: 'somebody', reason: 'over' })
    await rollouts.round()
  }
  const stateOf = async (id: string) => (await store.workers(id))[0]?.state
  return { coming, start, end, stateOf, loadedCount: () => loadedCount }
}

it('loads no other candidate beside one that is still coming when its rollout ends', async () => {
  const { coming, start, end, stateOf, loadedCount } = setUp()
  const first = await start()
  await vi.waitFor(() => expect(coming).toHaveLength(1))
  await end(first)
  await vi.waitFor(async () => expect(await stateOf(first)).toBe('left'))
  const second = await start()
  await rollouts.round()
  await new Promise(setImmediate)
  expect(coming).toHaveLength(1)
  coming[0]?.()
  await vi.waitFor(() => expect(loadedCount()).toBe(0))
  await vi.waitFor(async () => {
    await rollouts.round()
    expect(coming).toHaveLength(2)
  })
  coming[1]?.()
  await vi.waitFor(async () => expect(await stateOf(second)).toBe('ready'))
  expect(loadedCount()).toBe(1)
  expect(await stateOf(first)).toBe('left')
})
