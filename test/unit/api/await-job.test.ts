import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createAwaitJob } from '../../../api/await-job.ts'
import { createCompletions } from '../../../api/completions.ts'
import { UnavailableError } from '../../../infra/domain/errors.ts'
import type { Job } from '../../../infra/domain/job.ts'
import { createMemoryJobStore } from '../../fakes/job-store.ts'
import { createMemoryResultCache } from '../../fakes/result-cache.ts'
import { aNewJob } from '../../fixtures/jobs.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const start = async ({ waitMs = 10_000 } = {}) => {
  const jobs = createMemoryJobStore()
  const cache = createMemoryResultCache()
  const completions = createCompletions()
  const clock = { now: () => Date.now(), monotonic: () => Date.now() }
  const finds = vi.spyOn(jobs, 'find')
  const gone = new AbortController()
  const { job } = await jobs.insert(aNewJob())
  const awaitJob = createAwaitJob({ jobs, cache, clock })
  const answer = awaitJob({ job, waiter: completions.wait(job.id), waitMs, signal: gone.signal })
  const finish = async (): Promise<Job> => {
    const claim = await jobs.claim({ id: job.id, workerId: 'w', leaseMs: 60_000, takeOver: false })
    if (claim.kind !== 'claimed') throw new Error(claim.kind)
    const outcome = { result: { live: true }, error: null, models: [], timings: {} }
    const finished = await jobs.finish({ id: job.id, attempt: 1, state: 'succeeded', ...outcome })
    if (finished.kind !== 'finished') throw new Error(finished.kind)
    return finished.job
  }
  return { jobs, cache, completions, finds, gone, job, answer, finish, awaitJob }
}

it('answers from the cache when the completion comes', async () => {
  const { cache, completions, finish, answer, job, finds } = await start()
  await cache.put(await finish())
  completions.deliver({ id: job.id, state: 'succeeded' })
  expect(await answer).toMatchObject({ kind: 'final', job: { state: 'succeeded', result: { live: true } } })
  expect(finds).not.toHaveBeenCalled()
  expect(completions.waiterCount()).toBe(0)
})

it('answers from the row when the cache is empty', async () => {
  const { completions, finish, answer, job } = await start()
  await finish()
  completions.deliver({ id: job.id, state: 'succeeded' })
  expect(await answer).toMatchObject({ kind: 'final', job: { state: 'succeeded' } })
})

it('finds the outcome within half a second when the completion never comes', async () => {
  const { completions, finish, answer } = await start()
  await finish()
  await vi.advanceTimersByTimeAsync(500)
  expect(await answer).toMatchObject({ kind: 'final' })
  expect(completions.waiterCount()).toBe(0)
})

it('goes on waiting when a completion came before the outcome can be seen', async () => {
  const { completions, finish, answer, job } = await start()
  completions.deliver({ id: job.id, state: 'succeeded' })
  await vi.advanceTimersByTimeAsync(100)
  await finish()
  await vi.advanceTimersByTimeAsync(500)
  expect(await answer).toMatchObject({ kind: 'final' })
})

it('answers the open job when time is up', async () => {
  const { completions, answer } = await start({ waitMs: 1_200 })
  await vi.advanceTimersByTimeAsync(1_200)
  expect(await answer).toMatchObject({ kind: 'open', job: { state: 'queued' } })
  expect(completions.waiterCount()).toBe(0)
})

it('answers the open job at once when the process drains', async () => {
  const { completions, answer } = await start()
  await vi.advanceTimersByTimeAsync(10)
  completions.release()
  expect(await answer).toMatchObject({ kind: 'open' })
})

it('stops at once when the caller has gone, and leaves no waiter behind', async () => {
  const { completions, answer, gone } = await start()
  await vi.advanceTimersByTimeAsync(10)
  gone.abort()
  expect(await answer).toMatchObject({ kind: 'open' })
  expect(completions.waiterCount()).toBe(0)
  expect(vi.getTimerCount()).toBe(0)
})

it('outlasts a database that is away for a while', async () => {
  const { finds, finish, answer } = await start()
  finds.mockRejectedValueOnce(new UnavailableError('postgres', undefined))
  await finish()
  await vi.advanceTimersByTimeAsync(500)
  await vi.advanceTimersByTimeAsync(500)
  expect(await answer).toMatchObject({ kind: 'final' })
})

it('passes on an error that waiting would not mend, and leaves no waiter behind', async () => {
  const { completions, finds, answer } = await start()
  finds.mockRejectedValueOnce(new TypeError('a mistake of ours'))
  const failure = expect(answer).rejects.toBeInstanceOf(TypeError)
  await vi.advanceTimersByTimeAsync(500)
  await failure
  expect(completions.waiterCount()).toBe(0)
})

it('does not wait for a job that is over', async () => {
  const { awaitJob, completions, finish } = await start()
  const job = await finish()
  const signal = new AbortController().signal
  const answer = await awaitJob({ job, waiter: completions.wait(job.id), waitMs: 10_000, signal })
  expect(answer).toEqual({ kind: 'final', job })
})

it('does not take how a job had ended before it was opened again for how it ends', async () => {
  const { cache, completions, finish, answer, job, jobs, awaitJob } = await start()
  const first = await finish()
  await cache.put(first)
  completions.deliver({ id: job.id, state: 'succeeded' })
  await answer
  const reopened: Job = { ...first, state: 'queued', result: null }
  const find = vi.spyOn(jobs, 'find').mockResolvedValue({ ...first, attempt: 2, result: { live: false } })
  const again = awaitJob({
    job: reopened,
    waiter: completions.wait(job.id),
    waitMs: 10_000,
    signal: new AbortController().signal,
  })
  completions.deliver({ id: job.id, state: 'succeeded' })
  expect(await again).toMatchObject({ job: { attempt: 2, result: { live: false } } })
  expect(find).toHaveBeenCalledOnce()
})
