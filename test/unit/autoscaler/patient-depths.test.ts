import { expect, it, vi } from 'vitest'
import { createPatientDepths } from '../../../autoscaler/patient-depths.ts'
import { UnavailableError } from '../../../infra/domain/errors.ts'
import { createMemoryDeadLetters } from '../../fakes/dead-letters.ts'
import { aDeadLetter } from '../../fixtures/dead-letters.ts'
import { silence } from '../../fixtures/silence.ts'

const DEPTH = { readyCount: 3, consumerCount: 2 }
const broker = () => ({
  depth: vi.fn(async () => DEPTH),
  connectedMs: () => 70_000,
  deadLetters: createMemoryDeadLetters([aDeadLetter('a')]),
  close: vi.fn(async () => {}),
})

it('knows no depth until the broker is there, and then all of them', async () => {
  const there = broker()
  let tries = 0
  const open = async () => {
    tries += 1
    if (tries < 3) throw new UnavailableError('rabbitmq', new Error('away'))
    return there
  }
  const depths = createPatientDepths(open, silence().log, 1)
  expect(depths.connectedMs()).toBeUndefined()
  await expect(depths.depth('checks', 'bulk')).rejects.toThrow(UnavailableError)
  await expect(depths.deadLetters.count()).rejects.toThrow(UnavailableError)
  await expect(depths.deadLetters.settle(1, async () => 'keep')).rejects.toThrow(UnavailableError)
  await expect.poll(() => depths.connectedMs()).toBe(70_000)
  expect(await depths.depth('checks', 'bulk')).toEqual(DEPTH)
  expect([await depths.deadLetters.count(), (await depths.deadLetters.list(9)).length]).toEqual([1, 1])
  await depths.close()
  expect(there.close).toHaveBeenCalledOnce()
})

it('leaves no connection behind that was made after the end', async () => {
  const there = broker()
  const opening = Promise.withResolvers<typeof there>()
  const depths = createPatientDepths(() => opening.promise, silence().log, 1)
  await depths.close()
  opening.resolve(there)
  await expect.poll(() => there.close.mock.calls.length).toBe(1)
})
