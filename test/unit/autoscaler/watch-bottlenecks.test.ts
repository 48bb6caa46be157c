import { afterEach, expect, it } from 'vitest'
import type { JudgedPool } from '../../../autoscaler/bottlenecks.ts'
import { watchBottlenecks } from '../../../autoscaler/watch-bottlenecks.ts'
import { bottleneckOf } from '../../../infra/domain/bottleneck.ts'
import { mergeSums } from '../../../infra/domain/pool-minute.ts'
import { usualOf } from '../../../infra/domain/usual.ts'
import type { Notice } from '../../../infra/ports/notifier.ts'
import { createMetrics } from '../../../infra/runtime/metrics.ts'
import { sumsOf, times } from '../../fixtures/minutes.ts'
import { silence } from '../../fixtures/silence.ts'

const NOON = Date.UTC(2026, 10, 21, 12)
const usual = usualOf([])
const judged = (sums: ReturnType<typeof sumsOf>): JudgedPool['verdict'] =>
  bottleneckOf({ sums, usual, waiting: 0, readyWorkers: 2 })

const SLOW = judged(mergeSums([sumsOf({ fetch: 900 }), { wait: times(40, 6_000) }]))
const SLOW_IN_TIME = judged(sumsOf({ fetch: 900 }))
const WELL = judged(sumsOf())
const UNKNOWN = judged({})

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

const start = () => {
  const world = { verdict: SLOW, leads: true, isAway: false }
  const notices: Notice[] = []
  const { metrics, registry } = createMetrics('test')
  const watching = watchBottlenecks(
    {
      judge: async (pool) => {
        if (world.isAway) throw new Error('away')
        return { pool, since: NOON - 300_000, until: NOON, verdict: world.verdict }
      },
      notifier: { tell: (notice) => void notices.push(notice) },
      ...{ metrics, log: silence().log },
    },
    { pools: ['ocr'], leads: () => world.leads, everyMs: 3_600_000 },
  )
  ends.push(() => watching.stop())
  const rounds = async (count: number) => {
    for (let round = 0; round < count; round += 1) await watching.round()
  }
  const gauge = async () => {
    const text = await registry.getSingleMetricAsString('muster_autoscaler_bottleneck')
    return text.split('\n').filter((line) => line.startsWith('muster_'))
  }
  return { world, notices, rounds, gauge }
}

it('shows the hop that holds a pool up, while this process leads', async () => {
  const { world, rounds, gauge } = start()
  await rounds(1)
  expect(await gauge()).toEqual([expect.stringMatching(/pool="ocr",hop="fetch".*\} 1$/)])
  world.leads = false
  expect(await gauge()).toEqual([])
  world.leads = true
  world.verdict = WELL
  await rounds(1)
  expect(await gauge()).toEqual([])
})

it('shows nothing that cannot be told any more: an hour ago is no answer to what is slow now', async () => {
  const { world, rounds, gauge } = start()
  await rounds(1)
  world.isAway = true
  await expect(rounds(1)).rejects.toThrow('away')
  expect(await gauge()).toEqual([])
})

it('tells people once when callers wait too long, by the hop and with what to do, and when that is over', async () => {
  const { world, notices, rounds } = start()
  await rounds(3)
  expect(notices).toEqual([])
  await rounds(3)
  expect(notices).toMatchObject([{ kind: 'alert', pool: 'ocr', key: 'alarm:ocr:bottleneck' }])
  expect(notices[0]?.lines[0]).toContain('fetching its pictures from storage takes 900 ms')
  expect(notices[0]?.lines[0]).toContain('./muster doctor')
  world.verdict = UNKNOWN
  await rounds(2)
  expect(notices).toHaveLength(1)
  world.verdict = WELL
  await rounds(2)
  expect(notices.map(({ kind }) => kind)).toEqual(['alert', 'recovered'])
})

it('wakes nobody while callers are answered in time', async () => {
  const { world, notices, rounds, gauge } = start()
  world.verdict = SLOW_IN_TIME
  await rounds(10)
  expect(notices).toEqual([])
  expect(await gauge()).toHaveLength(1)
})
