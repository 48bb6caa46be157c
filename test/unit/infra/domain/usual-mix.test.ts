import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bottleneckOf, type Verdict } from '../../../../infra/domain/bottleneck.ts'
import { mergeSums, type PoolMinute, type Sums } from '../../../../infra/domain/pool-minute.ts'
import type { TaskName } from '../../../../infra/domain/task.ts'
import { usualOf, usualOfMix } from '../../../../infra/domain/usual.ts'
import { sumsOfTask } from '../../../fixtures/minutes.ts'

/** How long the two tasks of a pool take, where nothing is wrong: one is ten times the other. */
const FAST = { decode: 30, infer: 60 }
const SLOW = { decode: 400, infer: 700 }

interface Hops {
  readonly decode: number
  readonly infer: number
}

/** A hundred jobs of a pool with two tasks. */
const mixOf = (liveness: number, fast: Hops = FAST, slow: Hops = SLOW, batchSize = 1): Sums =>
  mergeSums([
    ...(liveness > 0 ? [sumsOfTask('liveness', fast, { jobs: liveness, batchSize })] : []),
    ...(liveness < 100 ? [sumsOfTask('ocr', slow, { jobs: 100 - liveness, batchSize })] : []),
  ])
const hours = (sums: Sums, count = 72): readonly PoolMinute[] =>
  Array.from({ length: count }, (_, at) => ({ at, sums }))
const judge = (sums: Sums, before: readonly PoolMinute[]): Verdict =>
  bottleneckOf({ sums, usual: usualOf(before), waiting: 0, readyWorkers: 4 })
const named = (verdict: Verdict) => (verdict.kind === 'bottleneck' ? [verdict.hop, verdict.cause] : [verdict.kind])

/** As releases told it that knew no tasks. */
const withoutTasks = (sums: Sums): Sums =>
  Object.fromEntries(Object.entries(sums).filter(([series]) => !series.startsWith('task/')))

describe('a pool of two tasks', () => {
  it('is not slow because more of its jobs are of the slower one', () => {
    expect(named(judge(mixOf(10), hours(mixOf(90))))).toEqual(['within'])
    expect(named(judge(mixOf(0), hours(mixOf(90))))).toEqual(['within'])
    expect(named(judge(withoutTasks(mixOf(10)), hours(withoutTasks(mixOf(90)))))).toEqual(['infer', 'slow-model'])
  })

  it('is slow where the model of one of them is, also while the mix moves', () => {
    const slower = { ...SLOW, infer: 1_500 }
    const before = hours(mixOf(90))
    expect(named(judge(mixOf(10, FAST, slower), before))).toEqual(['infer', 'slow-model'])
    expect(named(judge(mixOf(50, FAST, slower), before))).toEqual(['infer', 'slow-model'])
    expect(named(judge(mixOf(90, { ...FAST, infer: 400 }), before))).toEqual(['infer', 'slow-model'])
  })

  it('is slow where decoding is, whatever the mix', () => {
    const before = hours(mixOf(90))
    expect(named(judge(mixOf(10, FAST, { ...SLOW, decode: 1_400 }), before))).toEqual(['decode', 'slow-decoding'])
  })

  it('hides nothing when more of its jobs are of the quicker one', () => {
    const before = hours(mixOf(10))
    expect(named(judge(withoutTasks(mixOf(90, { ...FAST, infer: 500 })), hours(withoutTasks(mixOf(10)))))).toEqual([
      'within',
    ])
    expect(named(judge(mixOf(90, { ...FAST, infer: 500 }), before))).toEqual(['infer', 'slow-model'])
  })

  it('has batches of each task by themselves: a larger one takes longer, and no job does', () => {
    const before = hours(mixOf(90, FAST, SLOW, 1))
    const batches = mixOf(10, { ...FAST, infer: 4 * FAST.infer }, { ...SLOW, infer: 4 * SLOW.infer }, 4)
    expect(named(judge(batches, before))).toEqual(['within'])
  })

  it('may take for a task that was never seen what every hop may', () => {
    const before = hours(mixOf(100))
    const { hops } = usualOfMix(usualOf(before), mixOf(50))
    expect(hops.infer).toBeCloseTo((FAST.infer + 1_000) / 2)
    expect(named(judge(mixOf(50), before))).toEqual(['within'])
    expect(named(judge(mixOf(50, FAST, { ...SLOW, infer: 3_000 }), before))).toEqual(['infer', 'slow-model'])
  })
})

describe('what was told without tasks', () => {
  it('is judged by the pool, before as well as now', () => {
    const [now, before] = [mixOf(90), hours(mixOf(90))]
    const plain = usualOf(before.map(({ at, sums }) => ({ at, sums: withoutTasks(sums) })))
    expect(usualOfMix(plain, now)).toEqual(plain)
    const usual = usualOf(before)
    expect(usualOfMix(usual, withoutTasks(now))).toEqual(usual)
  })

  it('counts as the pool, beside what was told with them', () => {
    const usual = usualOf(hours(mixOf(50)))
    const now = mergeSums([mixOf(0), withoutTasks(mixOf(50))])
    const { hops, inferEachMs } = usualOfMix(usual, now)
    const [ofSlow, ofPool] = [SLOW.infer, (FAST.infer + SLOW.infer) / 2]
    expect(hops.infer).toBeCloseTo((ofSlow + ofPool) / 2)
    expect(inferEachMs).toBeCloseTo((ofSlow + ofPool) / 2)
  })

  it('is all there is for the first minutes of a release that tells them', () => {
    const before = [...hours(withoutTasks(mixOf(90)), 68), ...hours(mixOf(90), 4)]
    const { hops, inferEachMs } = usualOf(before)
    expect(usualOfMix(usualOf(before), mixOf(90))).toMatchObject({ hops, inferEachMs })
  })
})

it('names nothing where each task takes what it usually takes, whatever the mix was and is', () => {
  const share = fc.integer({ min: 0, max: 100 })
  const ms = fc.record({ decode: fc.integer({ min: 1, max: 500 }), infer: fc.integer({ min: 1, max: 2_000 }) })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 99 }), share, ms, ms, (was, is, fast, slow) => {
      expect(named(judge(mixOf(is, fast, slow), hours(mixOf(was, fast, slow), 6)))).toEqual(['within'])
    }),
    { numRuns: 60 },
  )
})

it('keeps what is usual of a task under its own name', () => {
  const { tasks } = usualOf(hours(mixOf(90)))
  const infer = (task: TaskName) => tasks.get(task)?.hops.infer
  expect([infer('liveness'), infer('ocr'), infer('face-match')]).toEqual([FAST.infer, SLOW.infer, undefined])
})
