import { Queue, QueueEvents } from 'bullmq'
import { fastify } from 'fastify'
import { Pool } from 'pg'
import { v7 as uuidv7 } from 'uuid'
import { coalesce } from '../../../infra/runtime/coalesce.ts'
import { serveParent } from '../child.ts'

/**
 * The peer: Fastify and BullMQ doing the same synchronous job, with a row before and an outcome after. Its writes are
 * grouped the way Muster groups its own, so that the comparison is about the queue and the way back.
 */
const connection = { url: process.env.REDIS_URL as string }
const db = new Pool({ connectionString: process.env.DATABASE_URL as string, max: 8 })
await db.query('create table if not exists bench_peer (id uuid primary key, state text not null, result jsonb)')
const insert = coalesce(
  async (ids: readonly string[]) => {
    await db.query(`insert into bench_peer (id, state) select unnest($1::uuid[]), 'queued'`, [ids])
    return ids
  },
  { maxItems: 128, slotCount: 2 },
)
const queue = new Queue('bench', { connection })
const events = new QueueEvents('bench', { connection })
events.setMaxListeners(0)
await events.waitUntilReady()

const app = fastify()
app.post('/check', async () => {
  const id = uuidv7()
  await insert(id)
  const job = await queue.add('no-op', { id }, { removeOnComplete: 1_000 })
  return { id, result: await job.waitUntilFinished(events) }
})
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
serveParent()
