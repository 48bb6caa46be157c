import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clientOf, createFailureLimiter } from '../../../../infra/http/failure-limiter.ts'

const start = () => {
  let now = 0
  const limiter = createFailureLimiter({ monotonic: () => now })
  const fail = (address: string, times: number): void => {
    for (let time = 0; time < times; time += 1) limiter.failed(address)
  }
  const pass = (ms: number): void => {
    now += ms
  }
  return { limiter, fail, pass }
}

describe('an address', () => {
  it('is heard until it has failed twenty times, and again when the wait it was told is over', () => {
    const { limiter, fail, pass } = start()
    fail('192.0.2.1', 19)
    expect(limiter.waitMs('192.0.2.1')).toBe(0)
    fail('192.0.2.1', 1)
    const waitMs = limiter.waitMs('192.0.2.1')
    expect(waitMs).toBeGreaterThan(0)
    pass(waitMs - 1)
    expect(limiter.waitMs('192.0.2.1')).toBeGreaterThan(0)
    pass(1)
    expect(limiter.waitMs('192.0.2.1')).toBe(0)
  })

  it('does not pay for the failures of another', () => {
    const { limiter, fail } = start()
    fail('192.0.2.1', 100)
    expect(limiter.waitMs('192.0.2.2')).toBe(0)
  })

  it('runs into a bounded debt with failures that were under way together', () => {
    const { limiter, fail } = start()
    fail('192.0.2.1', 10_000)
    expect(limiter.waitMs('192.0.2.1')).toBeGreaterThan(100_000)
    expect(limiter.waitMs('192.0.2.1')).toBeLessThan(110_000)
  })
})

it('keeps account of ten thousand addresses and forgets the one not heard of for longest', () => {
  const { limiter, fail } = start()
  fail('192.0.2.1', 20)
  for (let index = 0; index < 9_999; index += 1) limiter.failed(`10.0.${index >> 8}.${index & 255}`)
  expect(limiter.waitMs('192.0.2.1')).toBeGreaterThan(0)
  limiter.failed('10.9.9.9')
  expect(limiter.waitMs('192.0.2.1')).toBe(0)
})

describe('one client', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:0db8:0001:0002::9', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['', ''],
  ])('%s is %s', (address, client) => {
    expect(clientOf(address)).toBe(client)
  })

  it('is whoever shares the first half of an IPv6 address, however it is written', () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.ipV6(), (one, other) => {
        expect(clientOf(one).split(':').length === 4 || !clientOf(one).includes(':')).toBe(true)
        const lower = clientOf(one.toUpperCase())
        expect(lower).toBe(clientOf(one))
        return typeof clientOf(other) === 'string'
      }),
    )
  })
})
