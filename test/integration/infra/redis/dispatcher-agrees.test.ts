import fc from 'fast-check'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { Lane } from '../../../../infra/domain/task.ts'
import type { Dispatcher } from '../../../../infra/ports/dispatcher.ts'
import { openDispatcher } from '../../../../infra/redis/dispatcher.ts'
import { createMemoryDispatcher } from '../../../fakes/dispatcher.ts'
import { aCapacity, anAdmitRequest, anOffer } from '../../../fixtures/offers.ts'
import { silence } from '../../../fixtures/silence.ts'

/** One prefix a run of commands; the connection is shared, because opening one for each would be most of the test. */
const connections = new Set<Dispatcher & { close(): Promise<void> }>()
afterAll(async () => {
  for (const connection of connections) await connection.close()
})

let time = 0
const open = async (): Promise<Dispatcher> => {
  const prefix = `test:{${crypto.randomUUID()}}:`
  const options = {
    url: process.env.REDIS_URL as string,
    log: silence().log,
    timeoutMs: 10_000,
    now: () => time,
    prefix,
  }
  const dispatcher = openDispatcher(options, 40)
  connections.add(dispatcher)
  await vi.waitFor(() => expect(dispatcher.healthy()).toBe(true), { timeout: 10_000, interval: 5 })
  return dispatcher
}
beforeAll(() => {
  time = Date.now()
})

const TENANTS = [
  { tenant: 'a', weight: 1 },
  { tenant: 'b', weight: 1 },
  { tenant: 'c', weight: 2.5 },
]
const who = fc.constantFrom(...TENANTS)
const lane = fc.constantFrom<Lane>('interactive', 'interactive', 'bulk')
const command = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('admit' as const), who, lane }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('dispatch' as const), who, lane, count: fc.integer({ min: 1, max: 6 }) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('ended' as const), at: fc.nat(), served: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('announce' as const), slots: fc.integer({ min: 0, max: 6 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 3_000 }) }) },
)

/** The server keeps instants to the microsecond: what follows from them may differ that much. */
const close = (one: unknown, other: unknown): boolean => {
  if (typeof one === 'number' && typeof other === 'number') return Math.abs(one - other) <= 0.02 + 1e-6 * Math.abs(one)
  if (typeof one !== 'object' || one === null || typeof other !== 'object' || other === null) return one === other
  const [entries, others] = [Object.entries(one), other as Record<string, unknown>]
  return entries.length === Object.keys(others).length && entries.every(([name, value]) => close(value, others[name]))
}

it('decides as its twin in memory does, whatever happens in whatever order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 60 }), async (commands) => {
      const both = [createMemoryDispatcher(() => time, 40), await open()] as const
      const same = async (ask: (dispatcher: Dispatcher) => Promise<unknown>): Promise<void> => {
        const [memory, redis] = [await ask(both[0]), await ask(both[1])]
        if (!close(redis, memory)) expect(redis).toEqual(memory)
      }
      const ids: string[] = []
      for (const one of commands) {
        if (one.kind === 'pass') time += one.ms
        if (one.kind === 'admit') {
          const settings = { weight: one.who.weight, maxInFlightCount: 30, ratePerSecond: 5, burstCount: 8 }
          const request = anAdmitRequest({ tenant: one.who.tenant, lane: one.lane, deadlineMs: 4_000, settings })
          ids.push(request.jobId)
          await same((dispatcher) => dispatcher.admit(request))
        }
        if (one.kind === 'dispatch') {
          const offers = Array.from({ length: one.count }, () =>
            anOffer({ ...one.who, lane: one.lane, remainingMs: 20_000 }),
          )
          ids.push(...offers.map(({ message }) => message.id))
          await same((dispatcher) => dispatcher.dispatch(offers))
        }
        if (one.kind === 'ended' && ids.length > 0) {
          const [jobId = ''] = ids.splice(one.at % ids.length, 1)
          await same((dispatcher) => dispatcher.ended([{ jobId, served: one.served }]))
        }
        if (one.kind === 'announce')
          await same((dispatcher) => dispatcher.announce(aCapacity({ slots: one.slots, ratePerSecond: one.slots * 2 })))
        await same((dispatcher) => dispatcher.load('pool'))
      }
    }),
    { numRuns: 60 },
  )
})
