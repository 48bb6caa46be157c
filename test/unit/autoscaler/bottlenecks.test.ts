import { expect, it } from 'vitest'
import { createJudgePool } from '../../../autoscaler/bottlenecks.ts'
import { mergeSums, type Sums } from '../../../infra/domain/pool-minute.ts'
import type { Signal } from '../../../infra/domain/scaling.ts'
import { createMemoryMinuteStore } from '../../fakes/minute-store.ts'
import { aKept, aMeasurement } from '../../fixtures/decisions.ts'
import { sumsOf, sumsOfTask } from '../../fixtures/minutes.ts'

const MINUTE_MS = 60_000
const NOON = Date.UTC(2026, 10, 21, 12)

const signal = (value: number): Signal => ({ value, ageMs: 0 })

const start = (nextAt = NOON + 15_000) => {
  const clock = { at: NOON, now: () => clock.at }
  const minutes = createMemoryMinuteStore(clock.now)
  const measurement = aMeasurement({ waiting: signal(40), readyWorkers: signal(0) })
  const last = { ...aKept({ at: NOON - 1_000, nextAt, measurement }), id: '1' }
  const reads: number[] = []
  const judge = createJudgePool({
    minutes: {
      minutes: (pool, from, until, ...rest) => {
        reads.push(until - from)
        return minutes.minutes(pool, from, until, ...rest)
      },
    },
    decisions: { list: async () => [last] },
    clock,
  })
  const tellSums = (at: number, sums: Sums) =>
    minutes.tell({
      ...{ source: crypto.randomUUID(), number: 1, now: clock.at },
      parts: Object.entries(sums).map(([series, sum]) => ({ ...sum, at, pool: 'ocr', series }) as never),
    })
  const tell = (at: number, fetch: number) => tellSums(at, sumsOf({ fetch }))
  return { clock, judge, tell, tellSums, reads }
}

it('knows what waits, and for how many workers, by the last look', async () => {
  const { judge } = start()
  const { verdict } = await judge('ocr')
  expect(verdict).toMatchObject({ kind: 'bottleneck', cause: 'no-workers', evidence: { waiting: 40, readyWorkers: 0 } })
})

it('relies on no look that is long over', async () => {
  const { judge } = start(NOON - 10 * MINUTE_MS)
  expect((await judge('ocr')).verdict).toMatchObject({ kind: 'unknown', evidence: { waiting: undefined } })
})

it('judges five minutes, and reads what is usual once in five minutes', async () => {
  const { judge, clock, tell, reads } = start()
  await tell(NOON - 2 * MINUTE_MS, 900)
  expect(await judge('ocr')).toMatchObject({ since: NOON - 5 * MINUTE_MS, until: NOON, verdict: { hop: 'fetch' } })
  clock.at += 30_000
  await judge('ocr')
  clock.at += 6 * MINUTE_MS
  await judge('ocr')
  const [look, usual] = [5 * MINUTE_MS, 6 * 60 * MINUTE_MS]
  expect(reads).toEqual([look, usual, look, look, usual])
})

it('accuses no model because more jobs are of the task whose model is the slower one', async () => {
  const { judge, tellSums } = start()
  const mix = (quick: number, slowMs = 900) =>
    mergeSums([
      sumsOfTask('liveness', { infer: 60 }, { jobs: quick }),
      sumsOfTask('ocr', { infer: slowMs }, { jobs: 100 - quick }),
    ])
  for (let step = 2; step < 8; step += 1) await tellSums(NOON - step * 5 * MINUTE_MS, mix(90))
  await tellSums(NOON - 2 * MINUTE_MS, mix(10))
  expect((await judge('ocr')).verdict).toMatchObject({ kind: 'within' })
  await tellSums(NOON - MINUTE_MS, mix(10, 3_000))
  expect((await judge('ocr')).verdict).toMatchObject({ hop: 'infer', cause: 'slow-model' })
})
