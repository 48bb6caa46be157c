import { expect, it } from 'vitest'
import { showLanes } from '../../../../api/housekeeping/lane-gauges.ts'
import { parsePools } from '../../../../infra/domain/pools.ts'
import { createMetrics } from '../../../../infra/runtime/metrics.ts'

const SERIES = /^(muster_queue_\w+)\{pool="([\w-]+)",lane="(\w+)",service="test"\} (\S+)$/gm

const open = () => {
  const { metrics, registry } = createMetrics('test')
  const tell = showLanes(metrics, parsePools('gpu=face-match,liveness cpu=ocr'))
  const shown = async () =>
    Object.fromEntries(
      [...(await registry.metrics()).matchAll(SERIES)].map(([, name, pool, lane, value]) => [
        `${name} ${pool}.${lane}`,
        Number(value),
      ]),
    )
  return { tell, shown }
}

it('shows nothing before the first look: unknown is not zero', async () => {
  expect(await open().shown()).toEqual({})
})

it('shows the lanes that could be looked at, and the job that waits longest in each', async () => {
  const { tell, shown } = open()
  const lane = 'interactive'
  tell({
    lanes: [{ pool: 'gpu', lane, readyCount: 3, consumerCount: 2 }],
    waiting: [
      { task: 'liveness', lane, count: 0, runningCount: 1, oldestMs: 4_000 },
      { task: 'face-match', lane, count: 2, runningCount: 0, oldestMs: 90_500 },
      { task: 'ocr', lane: 'bulk', count: 2, runningCount: 0, oldestMs: 7_000 },
    ],
  })
  expect(await shown()).toEqual({
    'muster_queue_ready gpu.interactive': 3,
    'muster_queue_consumers gpu.interactive': 2,
    'muster_queue_oldest_seconds gpu.interactive': 90.5,
    'muster_queue_oldest_seconds gpu.bulk': 0,
    'muster_queue_oldest_seconds cpu.interactive': 0,
    'muster_queue_oldest_seconds cpu.bulk': 7,
  })
  tell({ lanes: [], waiting: [] })
  expect(Object.values(await shown())).toEqual([0, 0, 0, 0])
})
