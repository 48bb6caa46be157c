import { afterAll, beforeAll, expect, it } from 'vitest'
import { createDatabaseProbe } from '../../../../infra/postgres/doctor-probe.ts'
import { createJobStore } from '../../../../infra/postgres/job-store.ts'
import { migrate } from '../../../../infra/postgres/migrate.ts'
import { type Database, openPool } from '../../../../infra/postgres/pool.ts'
import { aClaim, aNewJob, claimed } from '../../../fixtures/jobs.ts'
import { type OwnDatabase, ownDatabase } from '../../../fixtures/own-database.ts'
import { silence } from '../../../fixtures/silence.ts'

let own: OwnDatabase
let db: Database
beforeAll(async () => {
  own = await ownDatabase('probe')
  await migrate(own.url, silence().log)
  db = openPool({ url: own.url, maxCount: 2 })
})
afterAll(async () => {
  await db.end()
  await own.drop()
})

it('tells by task and lane since when the job waits that waits longest, published or not, and 0 when none does', async () => {
  const jobs = createJobStore(db, db)
  const insert = async (agoMs: number) => {
    const job = aNewJob({ task: 'ocr', lane: 'bulk' })
    await jobs.insert(job)
    await own.sql(`update job set queued_at = now() - $2 * interval '1 millisecond' where id = $1`, [job.id, agoMs])
    return job.id
  }
  const look = async () => (await createDatabaseProbe(db).rows()).waiting
  const oldest = await insert(90_000)
  const other = await insert(20_000)
  const [both, ...none] = await look()
  expect(none).toEqual([])
  expect(both).toMatchObject({ task: 'ocr', lane: 'bulk', count: 0, runningCount: 0 })
  expect(both?.oldestMs).toBeGreaterThanOrEqual(90_000)
  claimed(await jobs.claim(aClaim(oldest)))
  const [one] = await look()
  expect(one?.oldestMs).toBeGreaterThanOrEqual(20_000)
  expect(one?.oldestMs).toBeLessThan(both?.oldestMs ?? 0)
  claimed(await jobs.claim(aClaim(other)))
  expect(await look()).toMatchObject([{ runningCount: 2, oldestMs: 0 }])
})
