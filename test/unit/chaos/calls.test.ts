import { expect, it } from 'vitest'
import { callsIn, callsOf } from '../../chaos/calls.ts'

it.each([
  ['await jobs.finish(outcome)', ['jobs.finish']],
  ['deps.queue.depth(pool, lane)', ['queue.depth']],
  ['persist(() => queue.retry(publish, 1), giveUp)', ['queue.retry']],
  ['await outbox.settle({ id })', ['webhookOutbox.settle']],
  ['const { id } = job', []],
])('reads the calls of %j', (source, calls) => {
  expect(callsIn(source)).toEqual(calls)
})

it('knows what a worker does with a job, and what it never does', () => {
  const calls = callsOf('worker')
  expect([...calls]).toEqual(expect.arrayContaining(['jobs.claim', 'jobs.finish', 'queue.publish', 'delivery.ack']))
  expect(calls.has('jobs.insert')).toBe(false)
  expect(calls.has('dispatcher.admit')).toBe(false)
})

it('knows what an api does with a job, and what it never does', () => {
  const calls = callsOf('api')
  expect([...calls]).toEqual(expect.arrayContaining(['jobs.insert', 'jobs.cancel', 'erasures.takeOpen', 'blobs.put']))
  expect(calls.has('jobs.claim')).toBe(false)
  expect(calls.has('dispatcher.announce')).toBe(false)
})
