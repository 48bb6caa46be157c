import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { mergeSums } from '../../infra/domain/pool-minute.ts'
import type { MinutePart, MinuteReport, MinuteStore } from '../../infra/ports/minute-store.ts'
import { durations } from '../fixtures/minutes.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** What every MinuteStore promises. */
export const describeMinuteStore = (adapter: string, open: () => Promise<MinuteStore>): void => {
  describe(`MinuteStore on ${adapter}`, () => {
    const start = async () => {
      const [store, pool] = [await open(), `pool-${randomUUID().slice(0, 8)}`]
      // An hour that others who share the tables do not add to, at the start of an hour so that steps are whole.
      const now = Date.now()
      const at = now - (now % HOUR_MS) - 3 * HOUR_MS
      const aPart = (overrides: Partial<MinutePart> = {}): MinutePart => ({
        ...{ at, pool, series: 'hop/fetch', ...durations(10, 400) },
        ...overrides,
      })
      const aReport = (overrides: Partial<MinuteReport> = {}): MinuteReport => ({
        ...{ source: randomUUID(), number: 1, now: Date.now(), parts: [aPart()] },
        ...overrides,
      })
      const minutes = (stepMs = MINUTE_MS) => store.minutes(pool, at, at + HOUR_MS, stepMs)
      const all = async () =>
        mergeSums((await store.minutes(pool, 0, now + HOUR_MS, MINUTE_MS)).map(({ sums }) => sums))
      return { store, pool, at, aPart, aReport, minutes, all }
    }

    it('adds up what several processes tell of a minute', async () => {
      const { store, at, aPart, aReport, minutes } = await start()
      const batch: Partial<MinutePart> = { series: 'batch', count: 2, total: 9, most: 5, buckets: undefined }
      await Promise.all([
        store.tell(aReport({ parts: [aPart(), aPart(batch)] })),
        store.tell(aReport({ parts: [aPart({ ...batch, most: 8 }), aPart(durations(7_000))] })),
        store.tell(aReport({ parts: [] })),
      ])
      const [minute, ...rest] = await minutes()
      expect(rest).toEqual([])
      expect(minute?.at).toBe(at)
      expect(minute?.sums['hop/fetch']).toEqual(durations(10, 400, 7_000))
      expect(minute?.sums.batch).toEqual({ count: 4, total: 18, most: 8, buckets: undefined })
    })

    it('adds a report once, however often it is told, and those that follow it', async () => {
      const { store, aReport, all } = await start()
      const first = aReport()
      await store.tell(first)
      await store.tell(first)
      expect((await all())['hop/fetch']).toEqual(durations(10, 400))
      await store.tell({ ...first, number: 2 })
      await store.tell(first)
      expect((await all())['hop/fetch']).toEqual(durations(10, 400, 10, 400))
    })

    it('makes one of the minutes of a step, and keeps pools apart', async () => {
      const { store, pool, at, aPart, aReport, minutes } = await start()
      const parts = [0, 1, 10].map((minute) => aPart({ at: at + minute * MINUTE_MS }))
      await store.tell(aReport({ parts: [...parts, aPart({ pool: `${pool}-other` })] }))
      const counts = async (stepMs: number) =>
        (await minutes(stepMs)).map((one) => [(one.at - at) / MINUTE_MS, one.sums['hop/fetch']?.count])
      expect(await counts(MINUTE_MS)).toEqual([
        [0, 2],
        [1, 2],
        [10, 2],
      ])
      expect(await counts(10 * MINUTE_MS)).toEqual([
        [0, 4],
        [10, 2],
      ])
      expect(await store.minutes(pool, at + MINUTE_MS, at + 10 * MINUTE_MS, MINUTE_MS)).toHaveLength(1)
    })

    it('keeps what is of a task apart, for whoever asks for it', async () => {
      const { store, pool, at, aPart, aReport, minutes } = await start()
      const ofTask = aPart({ series: 'task/ocr/fetch', count: 2, total: 410, most: 400, buckets: undefined })
      await store.tell(aReport({ parts: [aPart(), ofTask] }))
      await store.rollUp(at + HOUR_MS, MINUTE_MS, 1_000)
      expect(Object.keys((await minutes())[0]?.sums ?? {})).toEqual(['hop/fetch'])
      const [minute] = await store.minutes(pool, at, at + HOUR_MS, MINUTE_MS, 'tasks')
      expect(minute?.sums).toEqual({
        'hop/fetch': durations(10, 400),
        'task/ocr/fetch': { count: 2, total: 410, most: 400, buckets: undefined },
      })
    })

    it('puts minutes of a clock that is off where they belong', async () => {
      const { store, at, aPart, aReport, minutes } = await start()
      const ahead = 7 * MINUTE_MS
      await store.tell(aReport({ now: Date.now() + ahead, parts: [aPart({ at: at + ahead })] }))
      await store.tell(aReport({ now: Date.now() + 20_000 }))
      expect((await minutes()).map((minute) => [minute.at, minute.sums['hop/fetch']?.count])).toEqual([[at, 4]])
    })

    it('loses nothing when rows become fewer, also what is told after', async () => {
      const { store, at, aPart, aReport, minutes, all } = await start()
      const parts = Array.from({ length: 12 }, (_, minute) => aPart({ at: at + minute * MINUTE_MS }))
      await store.tell(aReport({ parts }))
      const before = await all()
      while ((await store.rollUp(at + HOUR_MS, 10 * MINUTE_MS, 1_000)) > 0);
      expect(await all()).toEqual(before)
      expect((await minutes()).map((minute) => (minute.at - at) / MINUTE_MS)).toEqual([0, 10])
      await store.tell(aReport({ parts: [aPart({ at: at + MINUTE_MS })] }))
      while ((await store.rollUp(at + HOUR_MS, 10 * MINUTE_MS, 1_000)) > 0);
      expect((await minutes()).map(({ sums }) => sums['hop/fetch']?.count)).toEqual([22, 4])
    })

    it('forgets what is old, and keeps the rest', async () => {
      const { store, at, aPart, aReport, minutes } = await start()
      await store.tell(aReport({ parts: [aPart(), aPart({ at: at + 5 * MINUTE_MS })] }))
      await store.forget(at + MINUTE_MS)
      expect((await minutes()).map((minute) => (minute.at - at) / MINUTE_MS)).toEqual([5])
    })
  })
}
