import { afterEach, describe, expect, it, vi } from 'vitest'
import { outcome } from '../../../../infra/domain/outcomes.ts'
import { systemClock } from '../../../../infra/runtime/clock.ts'
import type { TaskAnswer, TaskItem } from '../../../../worker/executor.ts'
import type { Ran } from '../../../../worker/model-runs.ts'
import { createShadowLane } from '../../../../worker/rollout/shadow-lane.ts'
import { createTally } from '../../../../worker/rollout/tally.ts'

const LIVE: TaskAnswer = { kind: 'result', result: { live: true, score: 0.9, verdict: 'review' } }
const FAILED: TaskAnswer = { kind: 'error', error: outcome('INFERENCE_FAILED') }
const ran = (overrides: Partial<Ran> = {}): Ran => ({
  answer: LIVE,
  startedAt: 0,
  inferMs: 40,
  batchSize: 1,
  ...overrides,
})
const anItem = (data = new Uint8Array([1, 2, 3])): TaskItem => ({
  pictures: { image: { data, width: 1, height: 1 } },
  options: { documentType: 'visa' },
})

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

/** @param run what the candidate does */
const aLane = (run: (items: readonly TaskItem[]) => Promise<readonly TaskAnswer[]> = async () => [LIVE]) => {
  const base = { idle: true, batchCount: 0 }
  const seen: TaskItem[] = []
  const tally = createTally('liveness')
  const lane = createShadowLane({
    task: 'liveness',
    executor: {
      run: async (_task, items) => {
        seen.push(...items)
        return run(items)
      },
    },
    base: { isIdle: () => base.idle, batchCount: () => base.batchCount },
    tally,
    clock: systemClock,
  })
  ends.push(() => lane.close())
  const counted = { jobs: 0, errors: 0, compared: 0, flips: 0, dropped: 0 }
  const candidate = () => {
    for (const [arm, counts] of tally.take())
      if (arm === 'candidate')
        for (const name of Object.keys(counted) as (keyof typeof counted)[]) counted[name] += counts[name]
    return counted
  }
  return { lane, base, seen, candidate }
}

describe('what is held for a candidate', () => {
  it('is a copy: the pixels themselves go to the base', async () => {
    const { lane, seen } = aLane()
    const pixels = new Uint8Array([1, 2, 3])
    const held = lane.hold(anItem(pixels))
    structuredClone(pixels, { transfer: [pixels.buffer] })
    held?.judge(ran())
    await vi.waitFor(() => expect(seen).toEqual([anItem()]))
  })

  it('is bounded by count, and what is more is dropped and counted', () => {
    const { lane, candidate } = aLane()
    const held = Array.from({ length: 10 }, () => lane.hold(anItem()))
    expect(held.filter((one) => one !== undefined)).toHaveLength(8)
    expect(candidate().dropped).toBe(2)
    held[0]?.drop()
    expect(lane.hold(anItem())).toBeDefined()
  })

  it('is bounded by bytes', () => {
    const { lane, candidate } = aLane()
    expect(lane.hold(anItem(new Uint8Array(40 * 1024 * 1024)))).toBeDefined()
    expect(lane.hold(anItem(new Uint8Array(40 * 1024 * 1024)))).toBeUndefined()
    expect(lane.hold(anItem())).toBeDefined()
    expect(candidate().dropped).toBe(1)
  })
})

describe('judging', () => {
  it('waits while the base has something to do', async () => {
    const { lane, base, seen, candidate } = aLane()
    base.idle = false
    lane.hold(anItem())?.judge(ran())
    await new Promise((resolve) => setImmediate(resolve))
    expect(seen).toEqual([])
    base.idle = true
    await vi.waitFor(() => expect(candidate()).toMatchObject({ jobs: 1, compared: 1, flips: 0 }))
  })

  it('goes one after the other, and makes room', async () => {
    const gates: (() => void)[] = []
    const { lane, seen, candidate } = aLane(
      () => new Promise((resolve) => gates.push(() => resolve([{ kind: 'result', result: { live: false } }]))),
    )
    for (let count = 0; count < 8; count += 1) lane.hold(anItem())?.judge(ran())
    for (let count = 1; count <= 8; count += 1) {
      await vi.waitFor(() => expect(gates).toHaveLength(count))
      expect(seen).toHaveLength(count)
      gates.at(-1)?.()
    }
    await vi.waitFor(() => expect(candidate()).toMatchObject({ compared: 8, flips: 8 }))
    expect(lane.hold(anItem())).toBeDefined()
  })

  it.each([
    ['throws', () => Promise.reject(new Error('no'))],
    ['fails', async () => [FAILED]],
    ['answers nothing', async () => []],
  ] as const)('counts a candidate that %s', async (_what, run) => {
    const { lane, candidate } = aLane(run)
    lane.hold(anItem())?.judge(ran())
    await vi.waitFor(() => expect(candidate()).toMatchObject({ jobs: 1, errors: 1, compared: 0 }))
  })

  it('passes over what the base itself failed at', async () => {
    const { lane, seen, candidate } = aLane()
    lane.hold(anItem())?.judge(ran({ answer: FAILED }))
    lane.hold(anItem())?.judge(ran())
    await vi.waitFor(() => expect(candidate().jobs).toBe(1))
    expect(seen).toHaveLength(1)
  })

  it('ends when the lane is closed: what waits is dropped, and what is under way counts for nothing', async () => {
    const gate = Promise.withResolvers<readonly TaskAnswer[]>()
    const { lane, seen, candidate } = aLane(() => gate.promise)
    const late = lane.hold(anItem())
    lane.hold(anItem())?.judge(ran())
    lane.hold(anItem())?.judge(ran())
    await vi.waitFor(() => expect(seen).toHaveLength(1))
    lane.close()
    late?.judge(ran())
    gate.resolve([LIVE])
    await new Promise((resolve) => setImmediate(resolve))
    expect(seen).toHaveLength(1)
    expect(candidate()).toEqual({ jobs: 0, errors: 0, compared: 0, flips: 0, dropped: 0 })
  })
})
