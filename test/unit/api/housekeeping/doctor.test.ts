import { expect, it } from 'vitest'
import { createDoctorRound } from '../../../../api/housekeeping/doctor.ts'
import { parsePools } from '../../../../infra/domain/pools.ts'
import type { RowSigns } from '../../../../infra/ports/doctor.ts'
import { createMetrics } from '../../../../infra/runtime/metrics.ts'
import { silence } from '../../../fixtures/silence.ts'

it('shows one number that is 0 when all is well, and which checks find something', async () => {
  const rows: { -readonly [K in keyof RowSigns]: RowSigns[K] } = {
    overdueCount: 0,
    zombieCount: 0,
    unpublishedCount: 0,
    waiting: [],
    webhooksDisabledCount: 0,
    auditHeadHolds: true,
  }
  let overdue = 0
  const deadCounts = [0, 4]
  const { metrics, registry } = createMetrics('test')
  const look = createDoctorRound(
    {
      probe: { rows: async () => rows },
      queue: { depth: () => Promise.reject(new Error('away')) },
      deadLetters: { count: async () => deadCounts.shift() ?? Promise.reject(new Error('away')) },
      retention: { overdue: async () => ({ pictureJobs: overdue, resultJobs: 0 }) },
      metrics,
      log: silence().log,
    },
    parsePools('ocr=ocr'),
  )
  const shownOf = async (series: string) =>
    new RegExp(`^muster_${series}\\S* (\\d+)$`, 'm').exec(await registry.metrics())?.[1]
  const shown = () => shownOf('doctor_findings')
  await look()
  expect(await shown()).toBe('0')
  rows.zombieCount = 3
  overdue = 1
  await look()
  expect(await shown()).toBe('2')
  expect(await shownOf('doctor_problems{check="zombie-jobs",')).toBe('1')
  expect(await shownOf('doctor_problems{check="stuck-jobs",')).toBeUndefined()
  expect(await shownOf('dead_letters')).toBe('4')
  // What cannot be counted is as it was.
  await look()
  expect(await shownOf('dead_letters')).toBe('4')
})
