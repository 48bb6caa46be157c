import { describe, expect, it } from 'vitest'
import { sweep } from '../../../../api/housekeeping/sweep.ts'
import type { BlobEntry } from '../../../../infra/ports/blob-store.ts'
import { silence } from '../../../fixtures/silence.ts'

const HOUR = 3_600_000
const NOW = 100 * HOUR

/** A listing whose reader can be seen. */
const start = (entries: readonly BlobEntry[]) => {
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
  const run = (signal = new AbortController().signal) =>
    sweep({ blobs, ...silence() }, { prefixes: ['pictures/', 'uploads/'], ttlMs: 24 * HOUR, now: NOW }, signal)
  return { run, seen, deleted }
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

  it('stops when it is told to', async () => {
    const { run, deleted } = start([at('pictures/1/image', 0)])
    expect(await run(AbortSignal.abort())).toBe(0)
    expect(deleted).toEqual([])
  })
})
