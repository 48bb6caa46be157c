import { expect, it } from 'vitest'
import { replyMsOf } from '../../../api/job-resource.ts'
import type { Job, Timings } from '../../../infra/domain/job.ts'

const T0 = 1_700_000_000_000
const WAITED_MS = 100

/** A job that waited 40 ms from its row to its claim, and ran for 50. */
const aJob = (timings: Timings): Pick<Job, 'timings' | 'createdAt' | 'startedAt' | 'finishedAt'> => ({
  ...{ timings, createdAt: T0, startedAt: T0 + 40, finishedAt: T0 + 90 },
})
const replyMs = (timings: Timings): number => replyMsOf(aJob(timings) as Job, WAITED_MS)

it('is what queue and run leave of the wait', () => {
  expect(replyMs({})).toBe(10)
})

it('takes no time from before the commit, where the wait begins', () => {
  expect(replyMs({ commitMs: 15 })).toBe(25)
})

it('is never more than the run leaves, whatever the commit took', () => {
  expect(replyMs({ commitMs: 4_000 })).toBe(50)
})
