import { v7 as uuidv7 } from 'uuid'
import { expect, it, vi } from 'vitest'
import { createOrphanSweep, windowPrefix } from '../../../../api/housekeeping/sweep-orphans.ts'
import { UnavailableError } from '../../../../infra/domain/errors.ts'
import type { BlobEntry } from '../../../../infra/ports/blob-store.ts'
import type { Metrics } from '../../../../infra/ports/metrics.ts'
import { silence } from '../../../fixtures/silence.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const NOW = Date.UTC(2026, 10, 21)
const idAt = (msecs: number): string => uuidv7({ msecs })
const entry = (id: string, modifiedAt: number): BlobEntry => ({ key: `pictures/${id}/image`, bytes: 1, modifiedAt })

const start = (entries: BlobEntry[], holders: readonly string[] = []) => {
  const gauges = new Map<string, () => number>()
  const { log, metrics: silent } = silence()
  const metrics: Metrics = { ...silent, gauge: (name, _help, read) => void gauges.set(name, read) }
  const seen: string[] = []
  const blobs = {
    async *list(prefix: string) {
      for (const one of [...entries].sort((a, b) => (a.key < b.key ? -1 : 1))) {
        if (!one.key.startsWith(prefix)) continue
        seen.push(one.key)
        yield one
      }
    },
    delete: vi.fn(async (key: string) => {
      entries.splice(
        entries.findIndex((one) => one.key === key),
        1,
      )
    }),
  }
  const retention = { holders: vi.fn(async () => new Set(holders)) }
  const round = createOrphanSweep({ retention, blobs, metrics, log })
  return { run: (random = 0) => round(NOW, random, DAY), blobs, retention, seen, gauges }
}

it('deletes pictures that no row accounts for, and leaves those that have one', async () => {
  const [held, orphan] = [idAt(NOW - 3 * HOUR), idAt(NOW - 2 * HOUR)]
  const { run, blobs } = start([entry(held, NOW - 3 * HOUR), entry(orphan, NOW - 2 * HOUR)], [held])
  expect(await run()).toBe(1)
  expect(blobs.delete.mock.calls).toEqual([[`pictures/${orphan}/image`]])
})

it('leaves a picture whose row may still come', async () => {
  const { run, retention } = start([entry(idAt(NOW - 60_000), NOW - 60_000)])
  expect(await run()).toBe(0)
  expect(retention.holders).not.toHaveBeenCalled()
})

it('meets an orphan between a thousand others when its minute is picked', async () => {
  const old = Array.from({ length: 1_500 }, (_, index) => idAt(NOW - 20 * HOUR + index))
  const orphan = idAt(NOW - 13 * HOUR)
  const { run, blobs, seen } = start(
    [...old, orphan].map((id) => entry(id, NOW - 13 * HOUR)),
    old,
  )
  expect(await run(0)).toBe(0)
  expect(seen.length).toBeLessThan(1_200)
  expect(await run((13 * HOUR - HOUR) / (DAY - HOUR))).toBe(1)
  expect(blobs.delete).toHaveBeenCalledExactlyOnceWith(`pictures/${orphan}/image`)
})

it('counts what it could not delete until it could', async () => {
  const { run, blobs, gauges } = start([entry(idAt(NOW - 2 * HOUR), NOW - 2 * HOUR)])
  blobs.delete.mockRejectedValueOnce(new UnavailableError('storage', undefined))
  await run()
  expect(gauges.get('muster_pictures_orphaned')?.()).toBe(1)
  await run()
  expect(gauges.get('muster_pictures_orphaned')?.()).toBe(0)
})

it('ignores what is no picture of a job', async () => {
  const { run, blobs } = start([{ key: 'pictures/readme', bytes: 1, modifiedAt: 0 }])
  expect(await run()).toBe(0)
  expect(blobs.delete).not.toHaveBeenCalled()
})

it('takes minutes by the first digits of their time', () => {
  const at = NOW - 5 * HOUR
  expect(`pictures/${idAt(at)}/image`.startsWith(windowPrefix(at))).toBe(true)
  expect(windowPrefix(at)).not.toBe(windowPrefix(at - 70_000))
})
