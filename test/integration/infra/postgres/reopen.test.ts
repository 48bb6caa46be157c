import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Timings } from '../../../../infra/domain/job.ts'
import { outcome } from '../../../../infra/domain/outcomes.ts'
import { createJobStore } from '../../../../infra/postgres/job-store.ts'
import { migrate } from '../../../../infra/postgres/migrate.ts'
import { type Database, openPool } from '../../../../infra/postgres/pool.ts'
import { createJobReopener } from '../../../../infra/postgres/reopen.ts'
import { aClaim, aNewJob } from '../../../fixtures/jobs.ts'
import { silence } from '../../../fixtures/silence.ts'

const url = process.env.DATABASE_URL as string
let db: Database
beforeAll(async () => {
  await migrate(url, silence().log)
  db = openPool({ url, maxCount: 4 })
})
afterAll(() => db.end())

const DEADLINES = { interactive: 60_000, bulk: 3_600_000 }

const start = async (overrides: Parameters<typeof aNewJob>[0] = {}) => {
  const jobs = createJobStore(db)
  const { job } = await jobs.insert(aNewJob(overrides))
  const reopen = (tenant = job.tenant) => createJobReopener(db).reopen(tenant, job.id, DEADLINES)
  /** one attempt after the other is lost with its worker until the job is given up */
  const exhaust = async () => {
    for (;;) {
      const claim = await jobs.claim(aClaim(job.id, { takeOver: true }))
      if (claim.kind !== 'claimed') return claim.kind
    }
  }
  const fail = async (code: 'NO_FACE' | 'INFERENCE_FAILED', timings: Timings = {}) => {
    await jobs.claim(aClaim(job.id))
    const end = { state: 'failed', result: null, error: outcome(code), models: [], timings } as const
    await jobs.finish({ id: job.id, attempt: 1, ...end })
  }
  return { jobs, job, reopen, exhaust, fail, find: () => jobs.find(job.tenant, job.id) }
}

it('gives a job that was given up its attempts anew, and counts on from the old ones', async () => {
  const { jobs, job, reopen, exhaust, find } = await start()
  expect(await exhaust()).toBe('exhausted')
  const before = await find()
  expect(await reopen()).toBe('reopened')
  expect(await find()).toMatchObject({ state: 'queued', error: null, finishedAt: null, attempt: before?.attempt })
  expect((await jobs.unpublished(8_000, 1_000)).map(({ id }) => id)).toContain(job.id)
  const claim = await jobs.claim(aClaim(job.id))
  expect(claim).toMatchObject({ kind: 'claimed', job: { attempt: (before?.attempt ?? 0) + 1 }, attemptsLeft: 2 })
  const end = { state: 'failed', result: null, error: outcome('NO_FACE'), models: [], timings: {} } as const
  expect(await jobs.finish({ id: job.id, attempt: before?.attempt ?? 0, ...end })).toEqual({ kind: 'fenced' })
  expect(await exhaust()).toBe('exhausted')
})

it('has an open job published again', async () => {
  const { jobs, job, reopen } = await start()
  await jobs.markPublished([job.id])
  expect(await reopen()).toBe('open')
  expect((await jobs.unpublished(8_000, 1_000)).map(({ id }) => id)).toContain(job.id)
})

it('reopens what failed by our fault, and nothing that failed by the caller’s', async () => {
  const [ours, theirs] = [await start(), await start()]
  await ours.fail('INFERENCE_FAILED')
  await theirs.fail('NO_FACE')
  expect([await ours.reopen(), await theirs.reopen()]).toEqual(['reopened', 'over'])
})

it('does not reopen a job whose pictures are gone, nor one of another tenant', async () => {
  const { reopen, fail } = await start({ retention: { keep: true, pictureTtlMs: 0, resultTtlMs: 60_000 } })
  await fail('INFERENCE_FAILED')
  expect([await reopen(), await reopen(randomUUID())]).toEqual(['gone', 'missing'])
})

it('forgets what a worker told of the time of a run that is done again, and keeps what is of the request', async () => {
  const { reopen, fail, find } = await start({ admitMs: 1, storeMs: 2, insertMs: () => 3 })
  await fail('INFERENCE_FAILED', { commitMs: 4, claimMs: 5, workMs: 60, fetchMs: 7, decodeMs: 8, inferMs: 9 })
  expect(await reopen()).toBe('reopened')
  // Whoever ends it without a run, as its deadline does, would have the run before shown as the last.
  expect((await find())?.timings).toEqual({ admitMs: 1, storeMs: 2, insertMs: 3, commitMs: 4 })
})
