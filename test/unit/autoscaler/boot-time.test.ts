import fc from 'fast-check'
import { expect, it } from 'vitest'
import { bootTime, type Change } from '../../../autoscaler/boot-time.ts'
import type { WorkerStart } from '../../../infra/ports/boot-record.ts'

const NOON = Date.UTC(2026, 10, 21, 12)
const SECOND = 1_000
const NOW = NOON + 36 * 3_600_000

const up = (at: number, from: number, to: number): Change => ({ at, from, to, outcome: 'applied' })

let place = 0
const aStart = (startedAt: number, overrides: Partial<WorkerStart> = {}): WorkerStart => {
  place += 1
  return {
    ...{ workerId: `host-${place}/ocr/0/1`, pool: 'ocr', startedAt, device: 'cpu' },
    ...{ readyAt: startedAt + 10 * SECOND, firstJobAt: startedAt + 12 * SECOND },
    ...overrides,
  }
}

const measured = (changes: readonly Change[], starts: readonly WorkerStart[], workersPerNode = 1) =>
  bootTime(changes, starts, { workersPerNode, configuredMs: 180_000, now: NOW })

/** Five nodes, asked for a minute apart, whose workers start `afterMs` later. */
const five = (afterMs: (index: number) => number, overrides: Partial<WorkerStart> = {}) => {
  const changes = Array.from({ length: 5 }, (_, index) => up(NOON + index * 60 * SECOND, index, index + 1))
  return { changes, starts: changes.map(({ at }, index) => aStart(at + afterMs(index), overrides)) }
}

it('is the time from asking for a node to its first finished job', () => {
  const { changes, starts } = five((index) => (100 + index) * SECOND)
  // 12 s from the start to the first job, and the fifth of five is the 95th percentile.
  expect(measured(changes, starts)).toEqual({ bootMs: 116 * SECOND, bootCount: 5 })
})

it('is what is configured as long as fewer than five boots were seen', () => {
  const { changes, starts } = five(() => 100 * SECOND)
  expect(measured(changes, starts.slice(1))).toEqual({ bootMs: 180_000, bootCount: 0 })
  expect(measured([], [])).toEqual({ bootMs: 180_000, bootCount: 0 })
})

it('ends when a worker was ready, where no job came within a minute', () => {
  const { changes, starts } = five(() => 100 * SECOND)
  const idle = starts.map((start) => ({ ...start, firstJobAt: (start.readyAt ?? 0) + 61 * SECOND }))
  expect(measured(changes, idle).bootMs).toBe(110 * SECOND)
  const never = starts.map((start) => ({ ...start, firstJobAt: null }))
  expect(measured(changes, never).bootMs).toBe(110 * SECOND)
})

it('does not count a worker that has just become ready, or never did', () => {
  const { changes, starts } = five(() => 100 * SECOND)
  const unready = starts.map((start) => ({ ...start, readyAt: null, firstJobAt: null }))
  expect(measured(changes, unready).bootCount).toBe(0)
  const fresh = starts.map((start) => ({ ...start, readyAt: NOW - 30 * SECOND, firstJobAt: null }))
  expect(measured(changes, fresh).bootCount).toBe(0)
})

it('gives the first nodes that come to whoever asked first', () => {
  const changes = [up(NOON, 1, 3), up(NOON + 30 * SECOND, 3, 6)]
  const at = [170, 180, 190, 200, 210].map((seconds) => aStart(NOON + seconds * SECOND))
  // 182 and 192 s for the first two, then 172, 182 and 192 s.
  expect(measured(changes, at)).toEqual({ bootMs: 192 * SECOND, bootCount: 5 })
})

it('expects as many workers of a node as it has', () => {
  const changes = [up(NOON, 1, 3)]
  const starts = Array.from({ length: 12 }, (_, index) => aStart(NOON + (100 + index) * SECOND))
  expect(measured(changes, starts, 4)).toEqual({ bootMs: (107 + 12) * SECOND, bootCount: 8 })
})

it('takes no worker that starts again for a new one', () => {
  const { changes, starts } = five(() => 100 * SECOND)
  const first = starts[0] as WorkerStart
  const again = aStart(NOON + 4 * 60 * SECOND + SECOND, { workerId: first.workerId.replace(/1$/, '2') })
  expect(measured(changes, [...starts, again])).toEqual(measured(changes, starts))
})

it('knows the same place again after the count has fallen: a laptop has no other', () => {
  const changes: Change[] = []
  const starts: WorkerStart[] = []
  for (let round = 0; round < 5; round += 1) {
    const at = NOON + round * 600 * SECOND
    changes.push(up(at, 1, 2), up(at + 300 * SECOND, 2, 1))
    starts.push(aStart(at + 2 * SECOND, { workerId: `laptop/ocr/1/${100 + round}` }))
  }
  expect(measured(changes, starts)).toEqual({ bootMs: 14 * SECOND, bootCount: 5 })
})

it('forgets whom it asked for when the count falls before they come', () => {
  const { changes, starts } = five(() => 100 * SECOND)
  const before = [up(NOON - 600 * SECOND, 0, 4), up(NOON - 590 * SECOND, 4, 0)]
  expect(measured([...before, ...changes], starts)).toEqual(measured(changes, starts))
})

it('looks at what was applied only', () => {
  const { changes, starts } = five(() => 100 * SECOND)
  const refused = changes.map((change) => ({ ...change, outcome: 'conflict' as const }))
  expect(measured(refused, starts).bootCount).toBe(0)
})

it('ignores a start that comes an hour after it was asked for', () => {
  const { changes, starts } = five(() => 3_601 * SECOND)
  expect(measured(changes, starts).bootCount).toBe(0)
})

it('lies between the shortest and the longest boot, in whatever order all is told', () => {
  const seconds = fc.array(fc.integer({ min: 1, max: 600 }), { minLength: 5, maxLength: 60 })
  fc.assert(
    fc.property(seconds, fc.integer(), (boots, seed) => {
      const changes = boots.map((_, index) => up(NOON + index * 3_600 * SECOND * 0.5, index, index + 1))
      const starts = boots.map((boot, index) => aStart((changes[index] as Change).at + boot * SECOND))
      const shuffled = starts.toSorted((a, b) => ((a.startedAt * 7919) ^ seed) - ((b.startedAt * 7919) ^ seed))
      const { bootMs, bootCount } = measured(changes, shuffled)
      expect(bootCount).toBe(Math.min(50, boots.length))
      expect(bootMs).toBeGreaterThanOrEqual(Math.min(...boots) * SECOND)
      expect(bootMs).toBeLessThanOrEqual((Math.max(...boots) + 12) * SECOND)
    }),
    { numRuns: 50 },
  )
})
