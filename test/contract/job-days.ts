import { describe, expect, it } from 'vitest'
import type { DayNeeded, JobDays } from '../../infra/ports/job-days.ts'

const DAY_MS = 86_400_000

/** One adapter, and what a test does to its days. */
export interface JobDaysWorld {
  readonly days: JobDays
  /** a day of that long ago, with nothing in it; @returns its name */
  aDay(daysAgo: number): Promise<string>
  /** a job of that day that is over and erased, unless something of it is needed */
  aJob(day: string, needed?: DayNeeded): Promise<void>
}

/** What every JobDays promises. Each test has days of its own, all of which the others may find. */
export const describeJobDays = (adapter: string, open: () => Promise<JobDaysWorld>): void => {
  describe(`JobDays on ${adapter}`, () => {
    it('makes the days to come once, and says which are there', async () => {
      const { days } = await open()
      await days.make(5)
      expect(await days.signs()).toMatchObject({ aheadCount: 5 })
      expect(await days.make(5)).toEqual([])
      const made = await days.make(7)
      expect(made).toHaveLength(2)
      expect(made).toEqual(made.toSorted())
    })

    it('drops a day of which nothing is needed, whatever it had, and none that is younger', async () => {
      const { days, aDay, aJob } = await open()
      const [older, younger] = [await aDay(402), await aDay(399)]
      for (const day of [older, older, younger]) await aJob(day)
      const { dropped } = await days.drop(401 * DAY_MS)
      expect(dropped).toContain(older)
      expect(dropped).not.toContain(younger)
      expect((await days.drop(401 * DAY_MS)).dropped).toEqual([])
    })

    it('counts a day’s age from its end: its last job is as old as that too', async () => {
      const { days, aDay, aJob } = await open()
      const day = await aDay(300)
      await aJob(day)
      expect((await days.drop(300 * DAY_MS)).dropped).not.toContain(day)
      expect((await days.drop(298 * DAY_MS)).dropped).toContain(day)
    })

    it.each(['open', 'held', 'kept', 'keyed'] as const)('keeps a whole day for one job that is %s', async (needed) => {
      const { days, aDay, aJob } = await open()
      const day = await aDay(500 + ['open', 'held', 'kept', 'keyed'].indexOf(needed))
      await aJob(day)
      await aJob(day, needed)
      const { dropped, kept } = await days.drop(490 * DAY_MS)
      expect(dropped).not.toContain(day)
      expect(kept).toContainEqual({ name: day, why: needed })
    })

    it('drops a day when its keys are forgotten, which go in parts, the oldest first', async () => {
      const { days, aDay, aJob } = await open()
      const [first, second] = [await aDay(602), await aDay(600)]
      for (const day of [second, first, first]) await aJob(day, 'keyed')
      expect(await days.forgetKeys(590 * DAY_MS, 2)).toBe(2)
      const { dropped, kept } = await days.drop(590 * DAY_MS)
      expect(dropped).toContain(first)
      expect(kept).toContainEqual({ name: second, why: 'keyed' })
      expect(await days.forgetKeys(590 * DAY_MS, 2)).toBe(1)
      expect((await days.drop(590 * DAY_MS)).dropped).toContain(second)
    })

    it('forgets no key that is younger', async () => {
      const { days, aDay, aJob } = await open()
      const day = await aDay(200)
      await aJob(day, 'keyed')
      await days.forgetKeys(250 * DAY_MS, 1_000)
      expect((await days.drop(190 * DAY_MS)).kept).toContainEqual({ name: day, why: 'keyed' })
    })

    it.each([
      ['since before 1970', 25_000 * DAY_MS],
      ['for ever', Number.MAX_SAFE_INTEGER],
    ])('forgets nothing of what is to be kept %s', async (_how, ms) => {
      const { days, aDay, aJob } = await open()
      await days.make(1)
      await aJob(await aDay(ms === Number.MAX_SAFE_INTEGER ? 800 : 801), 'keyed')
      expect(await days.forgetKeys(ms, 1_000)).toBe(0)
      expect(await days.drop(ms)).toEqual({ dropped: [], kept: [] })
    })
  })
}
