import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import type { DriftEvaluation } from '../../infra/domain/drift-evaluation.ts'
import type { DriftShare } from '../../infra/domain/drift-signals.ts'
import type { DriftReport, DriftStore } from '../../infra/ports/drift-store.ts'

const HOUR_MS = 3_600_000
const thisHour = () => Math.floor(Date.now() / HOUR_MS) * HOUR_MS
/** Whatever hour it was told in: one may end while a test runs. */
const aroundNow = () => [thisHour() - HOUR_MS, thisHour(), thisHour() + HOUR_MS]

/** What every DriftStore promises. All opened ones speak of the same rows; the suite takes back what it pinned. */
export const describeDriftStore = (adapter: string, open: () => Promise<DriftStore>): void => {
  describe(`DriftStore on ${adapter}`, () => {
    afterEach(async () => {
      await (await open()).unpin('ocr')
    })

    const start = async () => {
      const [store, model] = [await open(), `reader-${randomUUID().slice(0, 8)}@1.0.0`]
      const aShare = (overrides: Partial<DriftShare> = {}): DriftShare => ({
        ...{ task: 'ocr', model, by: 'tenant', value: 'acme', counts: { 'mrz/valid': 7, 'mrz/none': 1 } },
        ...overrides,
      })
      const aReport = (overrides: Partial<DriftReport> = {}): DriftReport => ({
        ...{ source: randomUUID(), number: 1, shares: [aShare()] },
        ...overrides,
      })
      const sums = async (task: DriftShare['task'] = 'ocr', hours: readonly number[] = aroundNow()) =>
        (await store.sums(task, hours))
          .filter((share) => share.model.startsWith(model))
          .toSorted((a, b) => (`${a.by} ${a.value} ${a.model}` < `${b.by} ${b.value} ${b.model}` ? -1 : 1))
      return { store, model, aShare, aReport, sums }
    }

    it('adds up what several processes tell, bin by bin', async () => {
      const { store, aShare, aReport, sums } = await start()
      const other = aShare({ value: 'zenith', counts: { 'mrz/valid': 5 } })
      await Promise.all([
        store.tell(aReport({ shares: [aShare(), other] })),
        store.tell(aReport({ shares: [other, aShare({ counts: { 'mrz/valid': 1, 'mrz/invalid': 5 } })] })),
        store.tell(aReport({ shares: [] })),
      ])
      expect(await sums()).toEqual([
        aShare({ counts: { 'mrz/valid': 8, 'mrz/none': 1, 'mrz/invalid': 5 } }),
        aShare({ value: 'zenith', counts: { 'mrz/valid': 10 } }),
      ])
    })

    it('counts a report once, however often it is told, and those that follow it', async () => {
      const { store, aShare, aReport, sums } = await start()
      const first = aReport()
      await store.tell(first)
      await store.tell(first)
      expect(await sums()).toEqual([aShare()])
      await store.tell({ ...first, number: 2 })
      await store.tell(first)
      expect(await sums()).toEqual([aShare({ counts: { 'mrz/valid': 14, 'mrz/none': 2 } })])
    })

    it('tells jobs apart by task, models, and tenant or SDK, also where those have the same name', async () => {
      const { store, model, aShare, aReport, sums } = await start()
      const shares = [aShare({ by: 'sdk' }), aShare(), aShare({ model: `${model},finder@2.0.0` })]
      await store.tell(aReport({ shares: [...shares, aShare({ task: 'liveness' })] }))
      expect(await sums()).toEqual(shares)
      expect(await sums('liveness')).toEqual([aShare({ task: 'liveness' })])
    })

    it('answers the hours asked for, each once', async () => {
      const { store, aShare, aReport, sums } = await start()
      await store.tell(aReport())
      expect(await sums('ocr', [...aroundNow(), ...aroundNow()])).toEqual([aShare()])
      expect(await sums('ocr', [thisHour() - 5 * HOUR_MS])).toEqual([])
      expect(await sums('ocr', [])).toEqual([])
    })

    it('keeps what is not old, and what a pinned reference has', async () => {
      const { store, aShare, aReport, sums } = await start()
      await store.tell(aReport())
      await store.forget(thisHour() - HOUR_MS)
      expect(await sums()).toEqual([aShare()])
      const [from, until] = [thisHour() - HOUR_MS, thisHour() + 2 * HOUR_MS]
      await store.pin({ task: 'ocr', from, until, reason: 'a new scanner', setBy: 'ada' })
      await store.forget(until)
      expect(await sums()).toEqual([aShare()])
      await store.unpin('ocr')
      await store.forget(until)
      expect(await sums()).toEqual([])
    })

    it('pins one reference a task, the last one', async () => {
      const { store } = await start()
      const pin = { task: 'ocr', from: 3_600_000, until: 7_200_000, reason: 'first', setBy: 'ada' } as const
      const pins = async () => (await store.pins()).filter(({ task }) => task === 'ocr')
      expect(await pins()).toEqual([])
      await store.pin(pin)
      await store.pin({ ...pin, until: 10_800_000, reason: 'second', setBy: 'bob' })
      const [kept, ...others] = await pins()
      expect(others).toEqual([])
      expect(kept).toMatchObject({ ...pin, until: 10_800_000, reason: 'second', setBy: 'bob' })
      expect(Math.abs((kept?.setAt ?? 0) - Date.now())).toBeLessThan(60_000)
      expect(await store.unpin('ocr')).toBe(true)
      expect([await store.unpin('ocr'), await pins()]).toEqual([false, []])
    })

    it('keeps the last evaluation', async () => {
      const { store } = await start()
      const evaluation: DriftEvaluation = { evaluatedAt: 1, reference: { from: 2, until: 3 }, signals: [] }
      await store.keep(evaluation)
      await store.keep({ ...evaluation, evaluatedAt: 4 })
      expect(await store.latest()).toEqual({ ...evaluation, evaluatedAt: 4 })
    })
  })
}
