import { expect, it } from 'vitest'
import { freePlaces } from '../../../../api/housekeeping/free-places.ts'
import { noDispatcher } from '../../../../infra/runtime/no-dispatcher.ts'
import { createMemoryDispatcher } from '../../../fakes/dispatcher.ts'
import { createMemoryJobQueue } from '../../../fakes/job-queue.ts'
import { createMemoryJobStore } from '../../../fakes/job-store.ts'
import { aNewJob } from '../../../fixtures/jobs.ts'
import { aCapacity, anOffer } from '../../../fixtures/offers.ts'
import { silence } from '../../../fixtures/silence.ts'

it('frees the places of jobs that are over, and publishes whose turn it is then', async () => {
  let now = 1_000_000
  const [jobs, queue, dispatcher] = [
    createMemoryJobStore(),
    createMemoryJobQueue(['pool']),
    createMemoryDispatcher(() => now),
  ]
  const announce = () => dispatcher.announce(aCapacity({ slots: 2, ratePerSecond: 0 }))
  await announce()
  const [over, open, next] = [aNewJob(), aNewJob(), aNewJob()]
  for (const job of [over, open, next]) await jobs.insert(job)
  await dispatcher.dispatch([over, open, next].map(({ id, tenant }) => anOffer({ id, tenant, remainingMs: 3_600_000 })))
  await jobs.cancel(over.tenant, over.id)
  // The worker goes on naming both: only the row knows that one of them is over.
  for (let told = 0; told < 7; told += 1) {
    now += 8_500
    await dispatcher.announce(aCapacity({ slots: 2, ratePerSecond: 0, jobIds: [over.id, open.id] }))
  }
  now += 1_000
  await freePlaces({ jobs, queue, dispatcher, log: silence().log }, 10)
  expect(queue.waiting('pool', 'interactive').map(({ message }) => message.id)).toEqual([next.id])
  expect(jobs.published()).toEqual([next.id])
})

it('has nothing to do without a dispatcher', async () => {
  const [jobs, queue] = [createMemoryJobStore(), createMemoryJobQueue(['pool'])]
  await expect(freePlaces({ jobs, queue, dispatcher: noDispatcher, log: silence().log }, 10)).resolves.toBeUndefined()
})
