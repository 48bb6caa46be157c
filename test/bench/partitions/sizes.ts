import { v7 as uuidv7 } from 'uuid'
import type { JobStore } from '../../../infra/ports/job-store.ts'
import { createJobStore } from '../../../infra/postgres/job-store.ts'
import { type Database, openPool } from '../../../infra/postgres/pool.ts'
import { createRetentionStore } from '../../../infra/postgres/retention-store.ts'
import { type FilledDatabase, newDatabase } from './databases.ts'

/** What one job costs the database, in bytes. */
export interface JobSizes {
  /** its row when it is over, with its result, and the room that older versions of it took */
  readonly rowBytes: number
  readonly indexBytes: number
  /** its idempotency key, with its indexes; for as long as keys are known */
  readonly keyBytes: number
  /** write-ahead log from the insert to the outcome */
  readonly walBytes: number
  /** and until its pictures and its result have been forgotten */
  readonly forgetWalBytes: number
}

const HOUR_MS = 3_600_000
const AT_ONCE = 64
const LIMIT = 500
const LEASE_MS = 60_000
/** The server vacuums a day about that often while it grows; the room of older versions of a row is used again. */
const VACUUM_COUNT = 10

const digest = (character: string): string => `sha256:${character.repeat(64)}`
const MODELS = [
  { name: 'face-detector', version: '1.0.0', digest: digest('0') },
  { name: 'face-embedding', version: '1.0.0', digest: digest('1') },
]
const BOX = { x: 0.31, y: 0.22, width: 0.34, height: 0.41 }
const FACE = { box: BOX, quality: { eyeDistancePx: 120, sharpness: 0.8, brightness: 0.5 }, count: 1 }
const RESULT = { similarity: 0.9341, match: true, threshold: 0.5, source: FACE, target: FACE }
const TIMINGS = { queueMs: 12.4, fetchMs: 3.2, decodeMs: 20.5, batchWaitMs: 1.1, inferMs: 27.3 }
const SHARED = { tenant: 'tenant-of-the-bench', task: 'face-match', lane: 'interactive', deadlineMs: HOUR_MS } as const
/** The pictures are due at once. */
const RETENTION = { keep: true, pictureTtlMs: 0, resultTtlMs: 720 * HOUR_MS }

const inputOf = (id: string) => {
  const picture = (name: string) => ({ name, key: `pictures/${id}/${name}`, sha256: 'a'.repeat(64), bytes: 180_000 })
  return {
    pictures: [picture('source'), picture('target')],
    options: { threshold: 0.5 },
    sealed: { kek: 'key-1', dek: 'd'.repeat(80) },
  }
}

/** A face match with two sealed pictures, a key and a result, from the insert to the outcome. */
const work = async (jobs: JobStore): Promise<void> => {
  const id = uuidv7()
  const key = { idempotencyKey: crypto.randomUUID(), fingerprint: 'f'.repeat(64) }
  await jobs.insert({ id, ...SHARED, ...key, input: inputOf(id) as never, retention: RETENTION, storeMs: 40.2 })
  const claim = await jobs.claim({ id, workerId: 'node-1/worker-1/0a1b2c', leaseMs: 30_000, takeOver: false })
  if (claim.kind !== 'claimed') throw new Error(`a new job is ${claim.kind}`)
  const outcome = { state: 'succeeded', result: RESULT, error: null, models: MODELS, timings: TIMINGS } as const
  await jobs.finish({ id, attempt: claim.job.attempt, ...outcome })
}

/** What housekeeping does with rows that are due. */
const forgetDue = async (db: Database): Promise<void> => {
  const retention = createRetentionStore(db)
  for (;;) {
    const due = await retention.takeDue(LIMIT, LEASE_MS)
    if (due.length === 0) return
    await retention.cleared(due)
  }
}

const bytesOfWal = async ({ sql }: FilledDatabase, run: () => Promise<unknown>): Promise<number> => {
  const at = async () => Number((await sql<{ at: string }>(`select pg_current_wal_insert_lsn() - '0/0' as at`))[0]?.at)
  // Every page would be written whole once after it: of a busy server a small part is.
  await sql('checkpoint')
  const before = await at()
  await run()
  return (await at()) - before
}

/** Take jobs the whole way and look at what that leaves, in memory of the disk and in its log. */
export const measureSizes = async (admin: string, jobCount: number): Promise<JobSizes> => {
  const database = await newDatabase(admin, 'muster_bench_sizes', 'days')
  const db = openPool({ url: database.url, byIndex: true })
  const jobs = createJobStore(db)
  const walBytes = await bytesOfWal(database, async () => {
    for (let slice = 0; slice < VACUUM_COUNT; slice += 1) {
      for (let done = 0; done < jobCount / VACUUM_COUNT; done += AT_ONCE)
        await Promise.all(Array.from({ length: AT_ONCE }, () => work(jobs)))
      await database.sql('vacuum analyze job')
    }
  })
  const [sizes] = await database.sql<{ rows: string; indexes: string; keys: string; count: string }>(`
    select (select sum(pg_table_size(t.relid)) from pg_partition_tree('job') t where t.isleaf) as rows,
           (select sum(pg_indexes_size(t.relid)) from pg_partition_tree('job') t where t.isleaf) as indexes,
           pg_total_relation_size('job_key') as keys, (select count(*) from job) as count`)
  const picturesWal = await bytesOfWal(database, () => forgetDue(db))
  await database.sql(`update job set results_until = now(), due_at = now()`)
  await database.sql('vacuum job')
  const resultsWal = await bytesOfWal(database, () => forgetDue(db))
  await db.end()
  const each = (total: string | number | undefined): number => Number(total) / Number(sizes?.count)
  return {
    rowBytes: each(sizes?.rows),
    indexBytes: each(sizes?.indexes),
    keyBytes: each(sizes?.keys),
    walBytes: each(walBytes),
    forgetWalBytes: each(picturesWal + resultsWal),
  }
}
