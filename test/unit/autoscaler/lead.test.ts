import { afterEach, expect, it } from 'vitest'
import { LEASE_MS, LEASE_NAME, RENEW_MS, startLeading } from '../../../autoscaler/lead.ts'
import { UnavailableError } from '../../../infra/domain/errors.ts'
import { MemoryLeaderLease } from '../../fakes/leader-lease.ts'
import { eventually } from '../../fixtures/eventually.ts'
import { silence } from '../../fixtures/silence.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

const RENEW = 5

const start = () => {
  const clock = { time: 0, monotonic: () => clock.time }
  const lease = new MemoryLeaderLease(() => clock.time)
  const begin = (holder: string, over = lease) => {
    const leading = startLeading({ lease: over, clock, log: silence().log }, { holder, renewMs: RENEW })
    ends.push(() => leading.stop())
    return leading
  }
  return { clock, lease, begin }
}

it('is renewed at least twice before it is over', () => {
  expect(LEASE_MS).toBeGreaterThanOrEqual(3 * RENEW_MS)
})

it('has one leader, and the next one when that one goes', async () => {
  const { begin } = start()
  const first = begin('a')
  await eventually(() => expect(first.term()).toBe(1))
  const second = begin('b')
  expect(second.term()).toBeUndefined()
  await first.stop()
  expect(first.term()).toBeUndefined()
  await eventually(() => expect(second.term()).toBe(2))
})

it('leads no longer before its lease is over, when that cannot be renewed', async () => {
  const { clock, lease, begin } = start()
  let away = false
  const over = Object.assign(Object.create(lease) as MemoryLeaderLease, {
    hold: async (name: string, holder: string, ttlMs: number) => {
      if (away) throw new UnavailableError('postgres', new Error('away'))
      return lease.hold(name, holder, ttlMs)
    },
    release: async () => {},
  })
  const leading = begin('a', over)
  await eventually(() => expect(leading.term()).toBe(1))
  away = true
  clock.time = LEASE_MS - 1
  expect(leading.term()).toBeUndefined()
  expect((await lease.hold(LEASE_NAME, 'b', LEASE_MS)).kind).toBe('following')
  clock.time = LEASE_MS
  expect((await lease.hold(LEASE_NAME, 'b', LEASE_MS)).kind).toBe('leading')
})
