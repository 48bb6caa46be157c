import { Worker } from 'bullmq'
import { Pool } from 'pg'
import { coalesce } from '../../../infra/runtime/coalesce.ts'
import { serveParent } from '../child.ts'

/** The peer's worker: finishes the row and answers. */
const db = new Pool({ connectionString: process.env.DATABASE_URL as string, max: 8 })
const finish = coalesce(
  async (ids: readonly string[]) => {
    await db.query(`update bench_peer set state = 'succeeded', result = '{}' where id = any($1::uuid[])`, [ids])
    return ids
  },
  { maxItems: 128, slotCount: 2 },
)
const worker = new Worker(
  'bench',
  async (job) => {
    await finish((job.data as { id: string }).id)
    return {}
  },
  { connection: { url: process.env.REDIS_URL as string }, concurrency: 256 },
)
await worker.waitUntilReady()
serveParent()
