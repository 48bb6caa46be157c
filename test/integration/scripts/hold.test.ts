import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createJobStore } from '../../../infra/postgres/job-store.ts'
import { migrate } from '../../../infra/postgres/migrate.ts'
import { type Database, openPool } from '../../../infra/postgres/pool.ts'
import { aNewJob } from '../../fixtures/jobs.ts'
import { silence } from '../../fixtures/silence.ts'

const MUSTER = fileURLToPath(new URL('../../../scripts/muster.ts', import.meta.url))
const url = process.env.DATABASE_URL as string

const muster = (...args: readonly string[]): Promise<{ readonly code: number; readonly stdout: string }> =>
  promisify(execFile)(process.execPath, [MUSTER, 'hold', ...args]).then(
    ({ stdout }) => ({ code: 0, stdout }),
    (error: { code: number; stdout: string }) => error,
  )

let db: Database
beforeAll(async () => {
  await migrate(url, silence().log)
  db = openPool({ url })
})
afterAll(() => db.end())

it('holds a job and a person, lists both, and lifts one', async () => {
  const { job } = await createJobStore(db).insert(aNewJob())
  const about = ['--tenant', job.tenant]
  expect((await muster('set', ...about, '--job', job.id, '--reason', 'case 1')).code).toBe(0)
  expect((await muster('set', ...about, '--subject', 'person-7', '--reason', 'case 2')).code).toBe(0)
  const { stdout } = await muster('list', ...about)
  expect(stdout).toMatch(/^TENANT +HELD +SINCE +BY +REASON$/m)
  expect(stdout).toMatch(new RegExp(`^${job.tenant} +${job.id} +.+ +cli:.+ +case 1$`, 'm'))
  expect(stdout).not.toContain('person-7')
  expect((await muster('lift', ...about, '--job', job.id)).code).toBe(0)
  expect((await muster('lift', ...about, '--job', job.id)).code).toBe(3)
  const left = JSON.parse((await muster('list', ...about, '--json')).stdout)
  expect(left).toMatchObject([{ tenant: job.tenant, reason: 'case 2' }])
})

it('knows no job of another tenant', async () => {
  const { job } = await createJobStore(db).insert(aNewJob())
  expect((await muster('set', '--tenant', 'other', '--job', job.id, '--reason', 'case 1')).code).toBe(3)
})
