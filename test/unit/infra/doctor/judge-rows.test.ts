import { expect, it } from 'vitest'
import { judgeRows, type LaneSigns } from '../../../../infra/doctor/judge-rows.ts'
import { parsePools } from '../../../../infra/domain/pools.ts'
import type { RowSigns } from '../../../../infra/ports/doctor.ts'

const POOLS = parsePools('gpu=face-match,liveness cpu=ocr')
const WELL: RowSigns = {
  overdueCount: 0,
  zombieCount: 0,
  unpublishedCount: 0,
  waiting: [],
  webhooksDisabledCount: 0,
  auditHeadHolds: true,
}
const aLane = (overrides: Partial<LaneSigns> = {}): LaneSigns => ({
  pool: 'gpu',
  lane: 'interactive',
  readyCount: 0,
  consumerCount: 1,
  ...overrides,
})
const waiting = (count: number, runningCount = 0) =>
  [{ task: 'liveness', lane: 'interactive', count, runningCount, oldestMs: 0 }] as const

const wrongOf = (signs: Partial<RowSigns>, lanes: readonly LaneSigns[] = []) =>
  judgeRows({ ...WELL, ...signs }, lanes, POOLS)
    .filter(({ state }) => state === 'problem')
    .map(({ check }) => check)

it('finds nothing where all is well, and says what it looked at', () => {
  const found = judgeRows(WELL, [aLane()], POOLS)
  expect(new Set(found.map(({ state }) => state))).toEqual(new Set(['ok']))
  expect(found).toHaveLength(7)
})

it.each([
  [{ overdueCount: 1 }, 'stuck-jobs'],
  [{ zombieCount: 1 }, 'zombie-jobs'],
  [{ unpublishedCount: 1 }, 'unpublished-jobs'],
  [{ webhooksDisabledCount: 1 }, 'webhooks-disabled'],
  [{ auditHeadHolds: false }, 'audit-head'],
] as const)('finds %j', (signs, check) => {
  expect(wrongOf(signs)).toEqual([check])
})

it('finds a lane with messages that nobody takes', () => {
  expect(wrongOf({}, [aLane({ readyCount: 3, consumerCount: 0 })])).toEqual(['silent-consumers'])
  expect(wrongOf({}, [aLane({ readyCount: 3 })])).toEqual([])
})

it('finds consumers that take nothing, and leaves alone those that work', () => {
  expect(wrongOf({ waiting: waiting(3) }, [aLane({ readyCount: 3 })])).toEqual(['silent-consumers'])
  expect(wrongOf({ waiting: waiting(3, 1) }, [aLane({ readyCount: 3 })])).toEqual([])
})

it('finds jobs whose messages the broker has lost, of the tasks of that pool and lane only', () => {
  expect(wrongOf({ waiting: waiting(3) }, [aLane()])).toEqual(['orphan-jobs'])
  expect(wrongOf({ waiting: waiting(3) }, [aLane({ pool: 'cpu' }), aLane({ lane: 'bulk' })])).toEqual([])
})
