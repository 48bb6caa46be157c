import { afterEach, expect, it } from 'vitest'
import type { Lease } from '../../../infra/ports/job-store.ts'
import { createLeaseKeeper, type LeaseKeeper } from '../../../worker/lease-keeper.ts'
import { eventually } from '../../fixtures/eventually.ts'
import { silence } from '../../fixtures/silence.ts'

const LEASE_MS = 30
const keepers: LeaseKeeper[] = []
afterEach(() => {
  for (const keeper of keepers.splice(0)) keeper.stop()
})

/** @param lost ids whose lease the store says is gone, asked at every renewal */
const start = (
  lost: (leases: readonly Lease[]) => readonly string[] = () => [],
  { canceling = [], leaseMs = LEASE_MS }: { canceling?: readonly string[]; leaseMs?: number } = {},
) => {
  const renewed: (readonly Lease[])[] = []
  const renew = async (leases: readonly Lease[]) => {
    renewed.push([...leases])
    return { lost: lost(leases), canceling }
  }
  const keeper = createLeaseKeeper({ jobs: { renew }, log: silence().log }, leaseMs)
  keepers.push(keeper)
  return { keeper, renewed }
}

it('renews what it holds, again and again, until it is let go', async () => {
  const { keeper, renewed } = start()
  keeper.hold({ id: 'a', attempt: 1 })
  keeper.hold({ id: 'b', attempt: 1 })
  await eventually(() => expect(renewed.length).toBeGreaterThan(1))
  keeper.letGo({ id: 'a', attempt: 1 })
  await eventually(() => expect(renewed.at(-1)).toEqual([{ id: 'b', attempt: 1 }]))
})

it('goes on renewing a later attempt when an earlier one of the same job is let go', async () => {
  const { keeper, renewed } = start()
  keeper.hold({ id: 'a', attempt: 1 })
  keeper.hold({ id: 'a', attempt: 2 })
  keeper.letGo({ id: 'a', attempt: 1 })
  await eventually(() => expect(renewed.at(-1)).toEqual([{ id: 'a', attempt: 2 }]))
})

it('stops renewing a lease that was lost, not the one that was taken meanwhile', async () => {
  const { keeper, renewed } = start((leases) => {
    const [first] = leases
    if (first?.attempt !== 1) return []
    keeper.hold({ id: 'a', attempt: 2 })
    return ['a']
  })
  keeper.hold({ id: 'a', attempt: 1 })
  await eventually(() => expect(renewed.at(-1)).toEqual([{ id: 'a', attempt: 2 }]))
})

/** No renewal by time comes before a test is over. */
const NEVER_MS = 3_600_000

it('tells once, at a renewal, that a job it holds is being canceled, and goes on renewing it', async () => {
  const { keeper, renewed } = start(() => [], { canceling: ['a'] })
  const told: string[] = []
  keeper.hold({ id: 'a', attempt: 1 }, (why) => told.push(`a ${why}`))
  keeper.hold({ id: 'b', attempt: 1 }, (why) => told.push(`b ${why}`))
  await eventually(() => expect(renewed.length).toBeGreaterThan(2))
  expect(renewed.at(-1)).toHaveLength(2)
  expect(told).toEqual(['a canceling'])
})

it('tells of a lease that was lost', async () => {
  const { keeper } = start(() => ['a'])
  const told: string[] = []
  keeper.hold({ id: 'a', attempt: 1 }, (why) => told.push(why))
  await eventually(() => expect(told).toEqual(['lost']))
})

it('looks at once at a job it is told to look at, and at no other', async () => {
  const { keeper, renewed } = start(() => [], { canceling: ['a'], leaseMs: NEVER_MS })
  const told: string[] = []
  keeper.hold({ id: 'a', attempt: 1 }, (why) => told.push(why))
  keeper.hold({ id: 'b', attempt: 1 })
  keeper.lookAt('a')
  keeper.lookAt('somebody-else')
  await eventually(() => expect(told).toEqual(['canceling']))
  expect(renewed).toEqual([[{ id: 'a', attempt: 1 }]])
})
