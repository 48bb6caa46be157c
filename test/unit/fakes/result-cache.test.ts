import { expect, it } from 'vitest'
import { aFinishedJob, describeResultCache } from '../../contract/result-cache.ts'
import { createMemoryResultCache } from '../../fakes/result-cache.ts'

describeResultCache('memory', async () => createMemoryResultCache())

it('misses everything once it is taken away', async () => {
  const cache = createMemoryResultCache()
  const job = aFinishedJob()
  await cache.put(job)
  cache.takeAway()
  await cache.put(job)
  expect([await cache.get('acme', job.id), cache.healthy()]).toEqual([undefined, false])
})
