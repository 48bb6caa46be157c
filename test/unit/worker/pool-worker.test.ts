import { setImmediate as turn } from 'node:timers/promises'
import { expect, it, vi } from 'vitest'
import { MESSAGE_VERSION } from '../../../infra/domain/message.ts'
import { startPoolWorker } from '../../../worker/pool-worker.ts'
import { createMemoryJobQueue } from '../../fakes/job-queue.ts'
import { eventually } from '../../fixtures/eventually.ts'
import { aNewJob } from '../../fixtures/jobs.ts'
import { silence } from '../../fixtures/silence.ts'

/** A worker with one delivery in hand, which is settled when the test says so. */
const startWithOneInHand = async () => {
  const queue = createMemoryJobQueue(['pool'])
  const settled = Promise.withResolvers<void>()
  const worker = await startPoolWorker({
    pool: 'pool',
    queue,
    handle: () => settled.promise,
    log: silence().log,
    prefetch: { interactive: 1, bulk: 1 },
  })
  const { id, task, tenant, lane } = aNewJob()
  const message = { v: MESSAGE_VERSION, id, task, tenant, lane, deadline: 0, attempt: 0 }
  await queue.publish({ pool: 'pool', message })
  await eventually(() => expect(worker.busyCount()).toBe(1))
  return { worker, settle: settled.resolve }
}

const watch = (promise: Promise<void>) => {
  const watched = { over: false }
  void promise.then(() => {
    watched.over = true
  })
  return watched
}

it('drains until what is in hand is settled', async () => {
  const { worker, settle } = await startWithOneInHand()
  const drained = worker.drain(new AbortController().signal)
  const watched = watch(drained)
  await turn()
  expect(watched.over).toBe(false)
  expect(worker.consuming()).toBe(false)
  settle()
  await drained
  expect(worker.busyCount()).toBe(0)
})

it('lets what is in hand be handed back when time is up, before the connections end', async () => {
  const { worker, settle } = await startWithOneInHand()
  const drained = worker.drain(AbortSignal.abort())
  const watched = watch(drained)
  await turn()
  await turn()
  expect(watched.over).toBe(false)
  settle()
  await drained
})

it('ends its drain all the same when something can be neither finished nor handed back', async () => {
  const { worker } = await startWithOneInHand()
  vi.useFakeTimers()
  const drained = worker.drain(AbortSignal.abort())
  await vi.advanceTimersByTimeAsync(10_000)
  vi.useRealTimers()
  await drained
  expect(worker.busyCount()).toBe(1)
})
