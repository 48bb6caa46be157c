import { expect, it, vi } from 'vitest'
import type { MinuteReport } from '../../../../infra/ports/minute-store.ts'
import { systemClock } from '../../../../infra/runtime/clock.ts'
import { countMinutes } from '../../../../infra/runtime/count-minutes.ts'
import { Lifecycle } from '../../../../infra/runtime/lifecycle.ts'
import { silence } from '../../../fixtures/silence.ts'

const start = (everyMs: number) => {
  const { log, metrics } = silence()
  const hop = vi.spyOn(metrics, 'hop')
  const told: MinuteReport[] = []
  const store = { tell: async (report: MinuteReport) => void told.push(report) }
  const life = new Lifecycle(log, 5_000)
  const config = { POOLS: 'gpu=face-match,liveness cpu=ocr', MINUTES_FLUSH_MS: everyMs }
  const minutes = countMinutes(metrics, config, systemClock)
  return {
    minutes,
    hop,
    told,
    life,
    tell: (before?: () => void) => minutes.tell({ store, log }, before ? { before } : {}, life),
  }
}

it('counts by the pool of a task, of each task where there are several, and tells what is left at the end', async () => {
  const { minutes, told, life, tell } = start(60_000)
  tell(() => minutes.tally.spend('gpu', 'busy', 40))
  minutes.metrics.hop('fetch', 'liveness', 12)
  minutes.metrics.hop('fetch', 'ocr', 15)
  expect(await life.stop()).toBe(true)
  expect(told.flatMap(({ parts }) => parts.map(({ pool, series, total }) => [pool, series, total]))).toEqual([
    ['gpu', 'hop/fetch', 12],
    ['gpu', 'task/liveness/fetch', 12],
    ['gpu', 'busy', 40],
    ['cpu', 'hop/fetch', 15],
  ])
})

it('tells under a name that no other process has', async () => {
  const sources = await Promise.all(
    [1, 2].map(async () => {
      const { minutes, told, life, tell } = start(60_000)
      tell()
      minutes.metrics.batch('ocr', 1)
      await life.stop()
      return told[0]?.source
    }),
  )
  expect(new Set(sources).size).toBe(2)
})

it('counts nothing where nobody wants it, and metrics are what they were', async () => {
  const { minutes, hop, told, life, tell } = start(0)
  tell(() => minutes.tally.spend('gpu', 'busy', 40))
  minutes.metrics.hop('fetch', 'ocr', 15)
  await life.stop()
  expect(told).toEqual([])
  expect(hop.mock.calls).toEqual([['fetch', 'ocr', 15]])
})
