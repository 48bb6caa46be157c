import { describe, expect, it } from 'vitest'
import { bottleneckOf } from '../../../../infra/domain/bottleneck.ts'
import type { PoolMinute } from '../../../../infra/domain/pool-minute.ts'
import { inferEachMsOf, usualOf } from '../../../../infra/domain/usual.ts'
import { sumsOf } from '../../../fixtures/minutes.ts'

const minutes = (...fetchMs: readonly number[]): readonly PoolMinute[] =>
  fetchMs.map((ms, at) => ({ at, sums: sumsOf({ fetch: ms }) }))

describe('what is usual', () => {
  it('is the median of what minutes had on average: one that was bad does not matter', () => {
    expect(usualOf(minutes(20, 22, 21, 4_000, 24)).hops.fetch).toBe(22)
  })

  it('is what a hop may take, where too little was seen', () => {
    const { hops, seen, inferEachMs } = usualOf(minutes(20, 22, 21, 24))
    expect([hops.fetch, hops.infer, seen, inferEachMs]).toEqual([150, 1_000, [], undefined])
  })

  it('is never far more than a hop may take, however long it was so', () => {
    const { hops, seen } = usualOf(minutes(900, 900, 900, 900, 900))
    expect(hops.fetch).toBe(300)
    expect(seen).toContain('fetch')
  })

  it('is so of a job’s share of a batch, too: a model that was slow all night is still slow in the morning', () => {
    const sums = sumsOf({ infer: 8_000 }, { batchSize: 4 })
    const usual = usualOf(Array.from({ length: 72 }, (_, at) => ({ at, sums })))
    expect([usual.hops.infer, usual.inferEachMs]).toEqual([2_000, 500])
    expect(bottleneckOf({ sums, usual, waiting: 0, readyWorkers: 1 })).toMatchObject({
      hop: 'infer',
      cause: 'slow-model',
    })
  })

  it('of the model is also one job’s share of a batch', () => {
    const sums = sumsOf({ infer: 400 }, { batchSize: 4 })
    expect(inferEachMsOf(sums)).toBe(100)
    expect(inferEachMsOf({})).toBeUndefined()
    expect(usualOf(Array.from({ length: 5 }, (_, at) => ({ at, sums }))).inferEachMs).toBe(100)
  })
})
