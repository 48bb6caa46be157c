import { afterAll, expect, it, vi } from 'vitest'
import { openResultCache } from '../../../../infra/redis/result-cache.ts'
import { aFinishedJob, describeResultCache } from '../../../contract/result-cache.ts'
import { silence } from '../../../fixtures/silence.ts'

const ends: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const end of ends) await end()
})

const open = async (url = process.env.REDIS_URL as string, ttlMs = 60_000) => {
  const cache = openResultCache({ url, ttlMs, log: silence().log })
  ends.push(cache.close)
  return cache
}

const openReady = async (ttlMs?: number) => {
  const cache = await open(undefined, ttlMs)
  await vi.waitFor(() => expect(cache.healthy()).toBe(true), { timeout: 10_000 })
  return cache
}

describeResultCache('Redis', () => openReady())

it('forgets a job when its time is over', async () => {
  const cache = await openReady(30)
  const job = aFinishedJob()
  await cache.put(job)
  await vi.waitFor(async () => expect(await cache.get('acme', job.id)).toBeUndefined(), { timeout: 10_000 })
})

it('is only a miss while no server answers', async () => {
  const cache = await open('redis://127.0.0.1:9')
  await expect(cache.put(aFinishedJob())).resolves.toBeUndefined()
  expect(await cache.bury('acme', 'x')).toBe(false)
  expect(await cache.get('acme', 'x')).toBeUndefined()
  expect(cache.healthy()).toBe(false)
})
