import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { KeptDecision } from '../../infra/domain/scaling.ts'
import type { DecisionStore } from '../../infra/ports/decision-store.ts'
import type { LeaderLease } from '../../infra/ports/leader-lease.ts'
import { aKept } from '../fixtures/decisions.ts'

/** A store and the lease that it looks at. */
export interface DecisionSite {
  readonly decisions: DecisionStore
  readonly lease: LeaderLease
  /** name of the lease */
  readonly name: string
}

const MINUTE_MS = 60_000
/** On a whole ten minutes. */
const T0 = 1_700_000_400_000

/** What every adapter of the decision store port must do. */
export const describeDecisionStore = (adapter: string, open: () => Promise<DecisionSite>): void => {
  describe(`DecisionStore on ${adapter}`, () => {
    const start = async () => {
      const { decisions, lease, name } = await open()
      const pool = `pool-${randomUUID().slice(0, 8)}`
      const lead = await lease.hold(name, 'me', MINUTE_MS)
      if (lead.kind !== 'leading') throw new Error('somebody else leads')
      const depose = async () => {
        await lease.release(name, 'me')
        await lease.hold(name, 'other', -1)
      }
      const begin = async (overrides: Partial<KeptDecision> = {}) => {
        const { id: _, ...decision } = aKept({ pool, term: lead.term, at: T0, ...overrides })
        const begun = await decisions.begin(decision)
        if (begun.kind !== 'begun') throw new Error('not the leader')
        return { id: begun.id, ...decision }
      }
      return { decisions, pool, term: lead.term, depose, begin }
    }

    it('keeps a decision with everything that led to it', async () => {
      const { decisions, pool, begin } = await start()
      const kept = await begin({ outcome: 'intended', external: { before: 4, after: 3 } })
      expect(await decisions.list({ pool, limit: 10 })).toEqual([kept])
      expect(await decisions.unsettled()).toContainEqual(kept)
    })

    it('keeps that something was unknown', async () => {
      const { decisions, pool, begin } = await start()
      const { measurement } = aKept()
      await begin({ forecast: undefined, override: undefined, measurement: { ...measurement, rate: undefined } })
      const [kept] = await decisions.list({ pool, limit: 1 })
      expect(kept?.forecast).toBeUndefined()
      expect(kept?.measurement.rate).toBeUndefined()
    })

    it('writes nothing for a leader that was deposed', async () => {
      const { decisions, pool, term, depose } = await start()
      await depose()
      const { id: _, ...decision } = aKept({ pool, term })
      expect(await decisions.begin(decision)).toEqual({ kind: 'deposed' })
      expect(await decisions.list({ pool, limit: 1 })).toEqual([])
    })

    it('settles what was intended', async () => {
      const { decisions, pool, begin } = await start()
      const { id } = await begin({ outcome: 'intended' })
      await decisions.settle(id, 'not-now', 'a release is under way')
      expect(await decisions.list({ pool, limit: 1 })).toMatchObject([
        { outcome: 'not-now', outcomeWhy: 'a release is under way' },
      ])
      expect((await decisions.unsettled()).map((one) => one.id)).not.toContain(id)
    })

    it('learns that what was thought to be undone is done, and not the other way round', async () => {
      const { decisions, pool, begin } = await start()
      const { id } = await begin({ outcome: 'intended' })
      await decisions.settle(id, 'unavailable', 'nomad is unavailable')
      await decisions.settle(id, 'applied', 'seen at the next look')
      await decisions.settle(id, 'abandoned', 'too late')
      expect(await decisions.list({ pool, limit: 1 })).toMatchObject([{ outcome: 'applied' }])
    })

    it('lists newest first, between instants, of one pool, changes alone where that is asked', async () => {
      const { decisions, pool, begin } = await start()
      for (const minute of [0, 1, 2, 3])
        await begin({ at: T0 + minute * MINUTE_MS, from: 3, to: minute % 2 === 0 ? 3 : 5 })
      const minutes = async (query: object) =>
        (await decisions.list({ pool, limit: 10, ...query })).map(({ at }) => (at - T0) / MINUTE_MS)
      expect(await minutes({})).toEqual([3, 2, 1, 0])
      expect(await minutes({ limit: 2 })).toEqual([3, 2])
      expect(await minutes({ before: T0 + 3 * MINUTE_MS, since: T0 + MINUTE_MS })).toEqual([2, 1])
      expect(await minutes({ changesOnly: true })).toEqual([3, 1])
    })

    it('finds what held at an instant', async () => {
      const { decisions, pool, begin } = await start()
      const kept = await begin({ at: T0 })
      expect(await decisions.at(pool, T0 + 1)).toEqual(kept)
      expect(await decisions.at(pool, T0)).toEqual(kept)
      expect(await decisions.at(pool, T0 - 1)).toBeUndefined()
    })

    it('forgets what is old', async () => {
      const { decisions, pool, begin } = await start()
      await begin({ at: 1_000 })
      await begin({ at: T0 })
      expect(await decisions.forget(2_000)).toBeGreaterThanOrEqual(1)
      expect((await decisions.list({ pool, limit: 10 })).map(({ at }) => at)).toEqual([T0])
    })

    it('keeps one in ten minutes of old looks that changed nothing, and every change', async () => {
      const { decisions, pool, begin } = await start()
      const quiet = { from: 3, to: 3, outcome: 'none' } as const
      for (const minute of [1, 2, 9, 11, 12]) await begin({ at: T0 + minute * MINUTE_MS, ...quiet })
      await begin({ at: T0 + 3 * MINUTE_MS, from: 3, to: 5, outcome: 'applied' })
      await begin({ at: T0 + 13 * MINUTE_MS, ...quiet })
      await decisions.thin(T0 + 13 * MINUTE_MS)
      const left = (await decisions.list({ pool, limit: 10 })).map(({ at }) => (at - T0) / MINUTE_MS)
      expect(left).toEqual([13, 11, 3, 1])
    })

    it('shows a stretch of looks, oldest first, with what a chart needs of them', async () => {
      const { decisions, pool, begin } = await start()
      const kept = await begin({ at: T0 })
      await begin({ at: T0 + MINUTE_MS, from: 8, to: 8, steps: [], forecast: undefined })
      await begin({ at: T0 + 2 * MINUTE_MS })
      const looks = await decisions.looks({ pool, since: T0, until: T0 + 2 * MINUTE_MS, limit: 100 })
      const { id, at, from, to, outcome, measurement, forecast, bounds } = kept
      expect(looks).toHaveLength(2)
      expect(looks[0]).toEqual({ id, at, from, to, outcome, measurement, forecast, bounds, reason: 'blend' })
      expect(looks[1]).toMatchObject({ at: T0 + MINUTE_MS, reason: null })
      expect(looks[1]?.forecast).toBeUndefined()
    })

    it('thins quiet looks for a chart, and keeps every change and the newest', async () => {
      const { decisions, pool, begin } = await start()
      const changedAt = [7, 8, 31]
      for (let minute = 0; minute < 50; minute += 1)
        await begin({ at: T0 + minute * MINUTE_MS, from: 3, to: changedAt.includes(minute) ? 4 : 3 })
      const looks = await decisions.looks({ pool, since: T0, until: T0 + 50 * MINUTE_MS, limit: 20 })
      const minutes = looks.map(({ at }) => (at - T0) / MINUTE_MS)
      expect(minutes).toEqual(minutes.toSorted((a, b) => a - b))
      expect(minutes.length).toBeLessThanOrEqual(20)
      expect(minutes.length).toBeGreaterThan(15)
      expect(minutes).toEqual(expect.arrayContaining([...changedAt, 49]))
    })

    it('never shows more than was asked for, however often the count changed', async () => {
      const { decisions, pool, begin } = await start()
      for (let minute = 0; minute < 40; minute += 1)
        await begin({ at: T0 + minute * MINUTE_MS, from: 3, to: minute % 4 === 0 ? 3 : 4 })
      const looks = await decisions.looks({ pool, since: T0, until: T0 + 40 * MINUTE_MS, limit: 10 })
      expect(looks.length).toBeLessThanOrEqual(10)
      expect(looks.at(-1)?.at).toBe(T0 + 39 * MINUTE_MS)
      expect(looks.some(({ from, to }) => from === to)).toBe(true)
    })
  })
}
