import { expect, it } from 'vitest'
import { createDayRound } from '../../../../api/housekeeping/days.ts'
import type { JobDays } from '../../../../infra/ports/job-days.ts'
import type { Metrics } from '../../../../infra/ports/metrics.ts'
import { createMemoryJobDays } from '../../../fakes/job-days.ts'
import { silence } from '../../../fixtures/silence.ts'

const DAY_MS = 86_400_000
const LIFETIMES = { recordTtlMs: 60 * DAY_MS, keyTtlMs: 7 * DAY_MS }

const start = (days?: Partial<JobDays>) => {
  const gauges = new Map<string, () => number>()
  const { log, metrics: silent } = silence()
  const metrics: Metrics = { ...silent, gauge: (name, _help, read) => void gauges.set(name, read) }
  const world = createMemoryJobDays()
  const round = createDayRound({ days: { ...world.days, ...days }, metrics, log }, LIFETIMES)
  const value = (name: string) => gauges.get(`muster_job_${name}`)?.()
  return { ...world, run: (signal = new AbortController().signal) => round(signal), value }
}

it('makes a week ahead and shows it', async () => {
  const { run, value } = start()
  expect(value('tables_ahead')).toBe(0)
  await run()
  expect([value('tables_ahead'), value('tables')]).toEqual([7, 9])
})

it('drops what is over in one round, also where keys had kept it until now', async () => {
  const { run, aDay, aJob, days, value } = start()
  const day = await aDay(70)
  for (let count = 0; count < 4_100; count += 1) await aJob(day, 'keyed')
  await run()
  expect((await days.drop(0)).dropped).not.toContain(day)
  expect(value('tables_kept')).toBe(0)
})

it('keeps what is needed and counts it', async () => {
  const { run, aDay, aJob, value } = start()
  await aJob(await aDay(70), 'held')
  await aJob(await aDay(71), 'kept')
  await run()
  expect(value('tables_kept')).toBe(2)
})

it('shows no days where the jobs are one table', async () => {
  const { run, value } = start({ make: async () => [], signs: async () => undefined })
  await run()
  expect([value('tables'), value('tables_ahead')]).toEqual([0, 0])
})

it('drops nothing any more when the process is about to end', async () => {
  const { run, aDay, days } = start()
  const day = await aDay(70)
  await run(AbortSignal.abort())
  expect((await days.drop(60 * DAY_MS)).dropped).toContain(day)
})

it('shows the days running out, and drops what is over, also where none can be made', async () => {
  const refused = new Error('permission denied for schema public')
  const { run, aDay, days, value } = start({ make: () => Promise.reject(refused) })
  const day = await aDay(70)
  for (const daysAgo of [0, -1, -2]) await aDay(daysAgo)
  await expect(run()).rejects.toBe(refused)
  expect(value('tables_ahead')).toBe(2)
  expect((await days.drop(0)).dropped).not.toContain(day)
})
