import { v7 as uuidv7 } from 'uuid'
import { createJobStore } from '../../../infra/postgres/job-store.ts'
import { openPool } from '../../../infra/postgres/pool.ts'
import { newDatabase } from './databases.ts'

/** What one job costs the database, in bytes. */
export interface JobSizes {
  /** its row, with the room its versions took on the way, and TOAST */
  readonly rowBytes: number
  readonly indexBytes: number
  /** its idempotency key, with its indexes; for as long as keys are known */
  readonly keyBytes: number
  /** write-ahead log from the insert to the outcome */
  readonly walBytes: number
}

const HOUR_MS = 3_600_000
const AT_ONCE = 64

const digest = (character: string): string => `sha256:${character.repeat(64)}`
const MODELS = [
  { name: 'face-detector', version: '1.0.0', digest: digest('0') },
  { name: 'face-embedding', version: '1.0.0', digest: digest('1') },
]
const BOX = { x: 0.31, y: 0.22, width: 0.34, height: 0.41 }
const FACE = { box: BOX, quality: { eyeDistancePx: 120, sharpness: 0.8, brightness: 0.5 }, count: 1 }
const RESULT = { similarity: 0.9341, match: true, threshold: 0.5, source: FACE, target: FACE }
const TIMINGS = { queueMs: 12.4, fetchMs: 3.2, decodeMs: 20.5, batchWaitMs: 1.1, inferMs: 27.3 }

/** Take jobs the whole way and look at what that left: two sealed pictures each, a key and a result. */
export const measureSizes = async (admin: string, jobCount: number): Promise<JobSizes> => {
  const database = await newDatabase(admin, 'muster_bench_sizes', 'days')
  const db = openPool({ url: database.url })
  const jobs = createJobStore(db)
  const one = async (): Promise<void> => {
    const id = uuidv7()
    const picture = (name: string) => ({ name, key: `pictures/${id}/${name}`, sha256: 'a'.repeat(64), bytes: 180_000 })
    const input = {
      pictures: [picture('source'), picture('target')],
      options: { threshold: 0.5 },
      sealed: { kek: 'key-1', dek: 'd'.repeat(80) },
    }
    const retention = { keep: true, pictureTtlMs: 24 * HOUR_MS, resultTtlMs: 720 * HOUR_MS }
    const shared = {
      tenant: 'tenant-of-the-bench',
      task: 'face-match',
      lane: 'interactive',
      deadlineMs: HOUR_MS,
    } as const
    const key = { idempotencyKey: crypto.randomUUID(), fingerprint: 'f'.repeat(64) }
    await jobs.insert({ id, ...shared, ...key, input: input as never, retention, storeMs: 40.2 })
    const claim = await jobs.claim({ id, workerId: 'node-1/worker-1/0a1b2c', leaseMs: 30_000, takeOver: false })
    if (claim.kind !== 'claimed') throw new Error(`a new job is ${claim.kind}`)
    const outcome = { state: 'succeeded', result: RESULT, error: null, models: MODELS, timings: TIMINGS } as const
    await jobs.finish({ id, attempt: claim.job.attempt, ...outcome })
  }
  await database.sql('checkpoint')
  const wal = async () =>
    Number((await database.sql<{ at: string }>(`select pg_current_wal_insert_lsn() - '0/0' as at`))[0]?.at)
  const before = await wal()
  for (let done = 0; done < jobCount; done += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, one))
  const walBytes = (await wal()) - before
  await db.end()
  const [sizes] = await database.sql<{ rows: string; indexes: string; keys: string; count: string }>(`
    select (select sum(pg_table_size(t.relid)) from pg_partition_tree('job') t where t.isleaf) as rows,
           (select sum(pg_indexes_size(t.relid)) from pg_partition_tree('job') t where t.isleaf) as indexes,
           pg_total_relation_size('job_key') as keys, (select count(*) from job) as count`)
  const each = (total: string | undefined): number => Number(total) / Number(sizes?.count)
  return {
    rowBytes: each(sizes?.rows),
    indexBytes: each(sizes?.indexes),
    keyBytes: each(sizes?.keys),
    walBytes: walBytes / Number(sizes?.count),
  }
}
