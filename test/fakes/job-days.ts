import type { DayNeeded, JobDays } from '../../infra/ports/job-days.ts'
import type { JobDaysWorld } from '../contract/job-days.ts'

const DAY_MS = 86_400_000

interface Day {
  readonly name: string
  /** whole days since 1970 */
  readonly number: number
  readonly jobs: (DayNeeded | undefined)[]
}

/** Days in memory. @param now epoch ms */
export const createMemoryJobDays = (now: () => number = Date.now): JobDaysWorld => {
  let all: Day[] = []
  const today = () => Math.floor(now() / DAY_MS)
  const nameOf = (number: number) => `job_${new Date(number * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '')}`
  const add = (number: number): string => {
    all.push({ name: nameOf(number), number, jobs: [] })
    return nameOf(number)
  }
  const has = (number: number): boolean => all.some((day) => day.number === number)
  const isOver = ({ number }: Day, olderThanMs: number): boolean => (number + 1) * DAY_MS <= now() - olderThanMs

  const days: JobDays = {
    async make(aheadCount) {
      const numbers = Array.from({ length: aheadCount + 1 }, (_, ahead) => today() + ahead)
      return numbers.filter((number) => !has(number)).map(add)
    },
    async forgetKeys(olderThanMs, limit) {
      let count = 0
      for (const { jobs } of all.filter((day) => isOver(day, olderThanMs)).sort((a, b) => a.number - b.number))
        for (const [index, needed] of jobs.entries())
          if (needed === 'keyed' && count < limit) {
            jobs[index] = undefined
            count += 1
          }
      return count
    },
    async drop(olderThanMs) {
      const over = all.filter((day) => isOver(day, olderThanMs))
      const whyOf = ({ jobs }: Day) => jobs.find((needed) => needed !== undefined)
      const gone = over.filter((day) => whyOf(day) === undefined)
      all = all.filter((day) => !gone.includes(day))
      const kept = over.flatMap((day) => {
        const why = whyOf(day)
        return why ? [{ name: day.name, why }] : []
      })
      return { dropped: gone.map(({ name }) => name), kept }
    },
    async signs() {
      let aheadCount = 0
      while (has(today() + aheadCount + 1)) aheadCount += 1
      return { count: all.length + 1, aheadCount, strayCount: 0, lockCount: 100_000 }
    },
  }
  return {
    days,
    aDay: async (daysAgo) => add(today() - daysAgo),
    aJob: async (day, needed) => void all.find(({ name }) => name === day)?.jobs.push(needed),
  }
}
