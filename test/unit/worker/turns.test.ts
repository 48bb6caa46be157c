import { expect, it, vi } from 'vitest'
import { UnavailableError } from '../../../infra/domain/errors.ts'
import type { Publish } from '../../../infra/ports/job-queue.ts'
import { createTurns } from '../../../worker/turns.ts'
import { createMemoryDispatcher } from '../../fakes/dispatcher.ts'
import { eventually } from '../../fixtures/eventually.ts'
import { aCapacity, anOffer } from '../../fixtures/offers.ts'
import { silence } from '../../fixtures/silence.ts'

const start = () => {
  const dispatcher = createMemoryDispatcher()
  const published: string[] = []
  const publish = async (turns: readonly Publish[]): Promise<void> => {
    published.push(...turns.map(({ message }) => message.id))
  }
  const turns = createTurns({ dispatcher, publish, capacity: () => aCapacity(), log: silence().log })
  return { dispatcher, published, turns }
}

it('publishes whose turn it is when a job has ended', async () => {
  const { dispatcher, published, turns } = start()
  await turns.announce()
  const offers = Array.from({ length: 6 }, () => anOffer())
  await dispatcher.dispatch(offers)
  turns.ended(offers[0]?.message.id ?? '', true)
  await eventually(() => expect(published).toEqual([offers[5]?.message.id]))
})

it('publishes what waits when the worker comes, and takes no more when it leaves', async () => {
  const { dispatcher, published, turns } = start()
  await dispatcher.announce(aCapacity({ workerId: 'w0', slots: 1, ratePerSecond: 0 }))
  await dispatcher.dispatch([anOffer(), anOffer(), anOffer()])
  await turns.announce()
  expect(published).toHaveLength(2)
  await turns.leave()
  expect((await dispatcher.load('pool')).windowCount).toBe(1)
})

it('goes on without a dispatcher', async () => {
  const { dispatcher, published, turns } = start()
  const away = async () => {
    throw new UnavailableError('redis', undefined)
  }
  Object.assign(dispatcher, { ended: away, announce: away })
  turns.ended('a', true)
  await turns.announce()
  await turns.leave()
  expect(published).toEqual([])
})

it('tells an end again that could not be told', async () => {
  const { dispatcher, published, turns } = start()
  await turns.announce()
  const offers = Array.from({ length: 6 }, () => anOffer())
  await dispatcher.dispatch(offers)
  const ended = vi.spyOn(dispatcher, 'ended').mockRejectedValueOnce(new UnavailableError('redis', undefined))
  turns.ended(offers[0]?.message.id ?? '', true)
  await eventually(() => expect(ended).toHaveBeenCalled())
  expect(published).toEqual([])
  await turns.announce()
  await eventually(() => expect(published).toEqual([offers[5]?.message.id]))
})
