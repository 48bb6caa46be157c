import { afterAll, expect, it } from 'vitest'
import { createJobStore } from '../../../../infra/postgres/job-store.ts'
import { migrate } from '../../../../infra/postgres/migrate.ts'
import { openPool } from '../../../../infra/postgres/pool.ts'
import { createPublishRecord } from '../../../../infra/postgres/publish-record.ts'
import { aNewJob } from '../../../fixtures/jobs.ts'
import { silence } from '../../../fixtures/silence.ts'

const url = process.env.DATABASE_URL as string
const database = openPool({ url })
afterAll(() => database.end())

it('makes every job that waits one that was never published, and no other', async () => {
  await migrate(url, silence().log)
  const jobs = createJobStore(database)
  const [waiting, running] = [aNewJob(), aNewJob()]
  for (const job of [waiting, running]) await jobs.insert(job)
  await jobs.markPublished([waiting.id, running.id])
  await jobs.claim({ id: running.id, workerId: 'w', leaseMs: 60_000, takeOver: false })
  const ids = async () => (await jobs.unpublished(0, 1_000)).map(({ id }) => id)
  expect(await ids()).not.toContain(waiting.id)
  expect(await createPublishRecord(database).forget()).toBeGreaterThanOrEqual(1)
  const found = await ids()
  expect(found).toContain(waiting.id)
  expect(found).not.toContain(running.id)
})
