import { expect, it } from 'vitest'
import { judgeContract, judgeDays } from '../../../../infra/doctor/judge-days.ts'

const SIGNS = { count: 70, aheadCount: 7, strayCount: 0, lockCount: 12_800 }

it.each([
  [{}, 'job-days', 'ok'],
  [{ aheadCount: 3 }, 'job-days', 'ok'],
  [{ aheadCount: 2 }, 'job-days', 'problem'],
  [{}, 'job-strays', 'ok'],
  [{ strayCount: 1 }, 'job-strays', 'warning'],
  [{}, 'lock-table', 'ok'],
  [{ count: 257 }, 'lock-table', 'warning'],
])('%j: %s is %s', (change, check, state) => {
  expect(judgeDays({ ...SIGNS, ...change }).find((one) => one.check === check)).toMatchObject({ state })
})

it('has nothing to say of jobs that are one table', () => {
  expect(judgeDays(undefined).map(({ state }) => state)).toEqual(['ok'])
})

it('names what waits for older releases to go', () => {
  expect(judgeContract([])).toMatchObject({ state: 'ok' })
  expect(judgeContract(['1.sql', '2.sql'])).toMatchObject({ state: 'warning', fix: './muster migrate --contract' })
  expect(judgeContract(['1.sql', '2.sql']).detail).toContain('1.sql, 2.sql')
})
