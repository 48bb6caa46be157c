import { describe, expect, it, vi } from 'vitest'
import { sweep } from '../../../../api/housekeeping/sweep.ts'
import type { BlobEntry } from '../../../../infra/ports/blob-store.ts'
import { createMemoryBlobStore } from '../../../fakes/blob-store.ts'
import { createMemoryJobStore } from '../../../fakes/job-store.ts'
import { createMemoryRetention } from '../../../fakes/retention-store.ts'
import { aNewJob } from '../../../fixtures/jobs.ts'
import { silence } from '../../../fixtures/silence.ts'

const HOUR = 3_600_000
const NOW = 100 * HOUR

/** A listing whose reader can be seen. */
const start = (entries: readonly BlobEntry[], stay: readonly string[] = []) => {
  const seen: string[] = []
  const deleted: string[] = []
  const blobs = {
    async *list(prefix: string) {
      for (const entry of entries) {
        if (!entry.key.startsWith(prefix)) continue
        seen.push(entry.key)
        yield entry
      }
    },
    async delete(key: string) {
      deleted.push(key)
    },
  }
  const spared = vi.fn(async () => new Set(stay))
  const run = (signal = new AbortController().signal) =>
    sweep(
      { blobs, spared, ...silence() },
      { prefixes: ['pictures/', 'uploads/'], ttlMs: 24 * HOUR, now: NOW, reason: 'age' },
      signal,
    )
  return { run, seen, deleted, spared }
}
const at = (key: string, modifiedAt: number): BlobEntry => ({ key, bytes: 3, modifiedAt })

describe('sweep', () => {
  it('deletes what is older than its time to live, under every prefix, and nothing else', async () => {
    const { run, deleted } = start([
      at('models/m', 0),
      at('pictures/1/image', 0),
      at('pictures/2/image', NOW - 25 * HOUR),
      at('pictures/3/image', NOW - HOUR),
      at('uploads/1/t', 0),
    ])
    expect(await run()).toBe(3)
    expect(deleted.sort()).toEqual(['pictures/1/image', 'pictures/2/image', 'uploads/1/t'])
  })

  it('reads no further than the first picture that may stay', async () => {
    const fresh = Array.from({ length: 50 }, (_, index) => at(`pictures/2${index}/image`, NOW))
    const { run, seen } = start([at('pictures/1/image', 0), ...fresh])
    await run()
    expect(seen).toHaveLength(2)
  })

  it('spares what must stay, and asks only when something would go', async () => {
    const old = [at('pictures/1/image', 0), at('uploads/1/t', 0), at('uploads/2/t', 0)]
    const { run, deleted } = start(old, ['uploads/1/t'])
    expect(await run()).toBe(2)
    expect(deleted).toEqual(['pictures/1/image', 'uploads/2/t'])
    const fresh = start([at('pictures/1/image', NOW)])
    await fresh.run()
    expect(fresh.spared).not.toHaveBeenCalled()
  })

  it('finishes what a crash left of an upload that was sealed, counts it, and leaves open jobs theirs', async () => {
    const blobs = createMemoryBlobStore()
    const jobs = createMemoryJobStore()
    const { retention } = createMemoryRetention(jobs)
    const [left, used] = ['uploads/1/acme', 'uploads/2/acme']
    for (const key of [left, used]) await blobs.put(key, new Uint8Array([1]), 'image/jpeg')
    const sealedFrom = { name: 'image', key: 'pictures/1/image', sha256: 'a', bytes: 1, upload: left }
    await jobs.insert(aNewJob({ input: { pictures: [sealedFrom], options: {} } }))
    const asSent = { name: 'image', key: used, sha256: null, bytes: 1 }
    await jobs.insert(aNewJob({ input: { pictures: [asSent], options: {} } }))
    const count = vi.fn()
    const { log, metrics } = silence()
    const deps = { blobs, log, metrics: { ...metrics, count }, spared: () => retention.spared() }
    const order = { prefixes: ['uploads/'], ttlMs: HOUR, reason: 'upload' } as const
    const { signal } = new AbortController()
    expect(await sweep(deps, { ...order, now: Date.now() }, signal)).toBe(0)
    expect(await sweep(deps, { ...order, now: Date.now() + 2 * HOUR }, signal)).toBe(1)
    expect(blobs.keys()).toEqual([used])
    expect(count).toHaveBeenLastCalledWith('pictures_swept', { reason: 'upload' }, 1)
  })

  it('stops when it is told to', async () => {
    const { run, deleted } = start([at('pictures/1/image', 0)])
    expect(await run(AbortSignal.abort())).toBe(0)
    expect(deleted).toEqual([])
  })
})
