import { expect, it } from 'vitest'
import { judgeLimits } from '../../../../infra/doctor/judge-limits.ts'
import type { BrokerLimits } from '../../../../infra/ports/doctor.ts'

const WELL: BrokerLimits = {
  diskLimitBytes: 2e9,
  diskFreeBytes: 50e9,
  diskAlarm: false,
  memoryLimitBytes: 2e9,
  memoryUsedBytes: 3e8,
  memoryAlarm: false,
}

it('finds nothing where there is room', () => {
  expect(judgeLimits(WELL).map(({ check, state }) => [check, state])).toEqual([
    ['broker-disk', 'ok'],
    ['broker-memory', 'ok'],
  ])
})

it.each([
  ['the default limit, which is too late', { diskLimitBytes: 50e6 }, 'broker-disk', 'warning', 'below 50 MB: too late'],
  ['a disk that is nearly full', { diskFreeBytes: 3e9 }, 'broker-disk', 'warning', '3.0 GB free'],
  ['a broker that cannot look', { diskFreeBytes: undefined }, 'broker-disk', 'warning', 'cannot tell'],
  ['a full disk', { diskFreeBytes: 1e9, diskAlarm: true }, 'broker-disk', 'problem', 'stopped now'],
  ['memory that is nearly used', { memoryUsedBytes: 1.7e9 }, 'broker-memory', 'warning', '1.7 GB used'],
  ['a limit that any queue reaches', { memoryLimitBytes: 1e8 }, 'broker-memory', 'warning', 'above 100 MB'],
  ['memory over its limit', { memoryAlarm: true }, 'broker-memory', 'problem', 'stopped now'],
] as const)('finds %s', (_what, change, check, state, detail) => {
  const found = judgeLimits({ ...WELL, ...change }).filter((finding) => finding.state !== 'ok')
  expect(found).toMatchObject([{ check, state, detail: expect.stringContaining(detail) }])
  expect(found[0]?.fix).toBeTruthy()
})
