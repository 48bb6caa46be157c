import { expect, it } from 'vitest'
import { problem, warning, well } from '../../../../infra/doctor/finding.ts'
import { summaryOf } from '../../../../scripts/doctor/summary.ts'

const OK = [well('disk', 'roomy'), well('topology', 'as declared')]

it('says in one line that all is well', () => {
  expect(summaryOf(OK)).toBe('doctor: all well (2 checks)')
})

it('says in one line what is not, the worst first, and where there is more', () => {
  const unknown = { check: 'broker-disk', state: 'unknown', detail: 'nobody tells' } as const
  const found = [...OK, unknown, warning('clock-skew', '3 s', 'x'), problem('stuck-jobs', '4 jobs', 'y')]
  expect(summaryOf(found)).toBe(
    'doctor: 1 problem (stuck-jobs: 4 jobs), 1 warning (clock-skew: 3 s), 1 not looked at (broker-disk: nobody tells), of 5 checks: ./muster doctor',
  )
  expect(summaryOf([problem('a', 'b', 'c'), problem('d', 'e', 'f')])).toContain('2 problems (a: b; d: e)')
})
