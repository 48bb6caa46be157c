import { randomUUID } from 'node:crypto'
import { v7 as uuidv7 } from 'uuid'
import type { JobStore, NewJob } from '../../../infra/ports/job-store.ts'
import { JOB_COLUMNS, type JobRow, toJob } from '../../../infra/postgres/job-row.ts'
import { createJobStore } from '../../../infra/postgres/job-store.ts'
import { type Database, openPool } from '../../../infra/postgres/pool.ts'
import { coalesce } from '../../../infra/runtime/coalesce.ts'
import { measure, median } from '../latency.ts'
import type { FilledDatabase } from './databases.ts'

/** Which rows: as release 0.1.0 wrote them, one table with the keys apart, and days. */
export const KINDS = ['0.1.0', 'table', 'days'] as const
export type Kind = (typeof KINDS)[number]

/** Insert, claim and finish of a job, one after the other. */
export interface RowSpeed {
  readonly concurrency: number
  readonly perSecond: Readonly<Record<Kind, number>>
  readonly p50: Readonly<Record<Kind, number>>
  /** of what 0.1.0 does, both measured in the same minute: median over the rounds */
  readonly toBefore: Readonly<Record<Kind, number>>
}

/** What release 0.1.0 inserted: its own index of the whole table saw to it that a key was used once. */
const INSERT_BEFORE = {
  name: 'bench.insert-before',
  text: `insert into job (id, tenant, task, lane, input, deadline, idempotency_key, fingerprint, webhook_url, timings,
          keep, pictures_until, results_until, due_at, subject_sha256)
   select n.id, n.tenant, n.task, n.lane, n.input, now() + n.deadline_ms * interval '1 millisecond',
          n.idempotency_key, n.fingerprint, n.webhook_url, jsonb_build_object('storeMs', n.store_ms),
          n.keep, now() + n.picture_ttl_ms * interval '1 millisecond', now() + n.result_ttl_ms * interval '1 millisecond',
          now() + least(n.picture_ttl_ms, n.result_ttl_ms) * interval '1 millisecond', n.subject_sha256
     from jsonb_to_recordset($1::jsonb) as n(id uuid, tenant text, task text, lane text, input jsonb,
          deadline_ms float8, idempotency_key text, fingerprint text, webhook_url text, store_ms float8, keep boolean,
          picture_ttl_ms float8, result_ttl_ms float8, subject_sha256 text)
       on conflict do nothing
   returning ${JOB_COLUMNS}`,
}

type Row = Pick<JobStore, 'claim' | 'finish'> & { insert(job: NewJob): Promise<unknown> }

const insertBefore = (db: Database) =>
  coalesce(
    async (jobs: readonly NewJob[]) => {
      const records = jobs.map((job) => ({
        ...{ id: job.id, tenant: job.tenant, task: job.task, lane: job.lane, input: job.input },
        ...{ deadline_ms: job.deadlineMs, idempotency_key: job.idempotencyKey, fingerprint: job.fingerprint },
        ...{ store_ms: job.storeMs, keep: true, webhook_url: null, subject_sha256: null },
        ...{ picture_ttl_ms: job.retention.pictureTtlMs, result_ttl_ms: job.retention.resultTtlMs },
      }))
      // It answered the jobs too, which costs as much as a fifth of the insert.
      return (await db.query<JobRow>(INSERT_BEFORE, [JSON.stringify(records)])).rows.map(toJob)
    },
    { maxItems: 128, slotCount: 2 },
  )

const DAY_MS = 86_400_000

const aJob = (): NewJob => ({
  id: uuidv7(),
  tenant: 'bench',
  task: 'face-match',
  lane: 'interactive',
  input: { pictures: [], options: {} },
  deadlineMs: 60_000,
  idempotencyKey: randomUUID(),
  fingerprint: 'f'.repeat(64),
  retention: { keep: true, pictureTtlMs: DAY_MS, resultTtlMs: 30 * DAY_MS },
  storeMs: 10,
})

const cycle = async (rows: Row): Promise<void> => {
  const job = aJob()
  await rows.insert(job)
  const claim = await rows.claim({ id: job.id, workerId: 'bench', leaseMs: 30_000, takeOver: false })
  if (claim.kind !== 'claimed') throw new Error(`a new job is ${claim.kind}`)
  const outcome = { state: 'succeeded', result: { similarity: 0.9 }, error: null, models: [], timings: {} } as const
  const { kind } = await rows.finish({ id: job.id, attempt: claim.job.attempt, ...outcome })
  if (kind !== 'finished') throw new Error(`its outcome is ${kind}`)
}

/** What is measured. */
export interface SpeedPlan {
  readonly concurrencies: readonly number[]
  readonly rounds: number
  readonly durationMs: number
  readonly warmUpMs: number
}

/** In turn and for moments, each round beginning with another: whatever else the machine does meets all of them. */
export const measureRows = async (
  databases: Readonly<Record<Kind, FilledDatabase>>,
  { concurrencies, rounds, durationMs, warmUpMs }: SpeedPlan,
): Promise<readonly RowSpeed[]> => {
  const open = KINDS.map((kind) => {
    const db = openPool({ url: databases[kind].url, byIndex: true })
    const hasty = openPool({ url: databases[kind].url, durable: false, maxCount: 2, byIndex: true })
    const store = createJobStore(db, hasty)
    const rows: Row = kind === '0.1.0' ? { ...store, insert: insertBefore(db) } : store
    return { kind, rows, end: () => Promise.all([db.end(), hasty.end()]) }
  })
  const speeds: RowSpeed[] = []
  for (const concurrency of concurrencies) {
    const taken = KINDS.map(() => ({ perSecond: [] as number[], p50: [] as number[] }))
    for (const { rows } of open) await measure(() => cycle(rows), { concurrency, durationMs: warmUpMs, warmUpMs: 0 })
    for (let round = 0; round < rounds; round += 1)
      for (const place of open.keys()) {
        const index = (place + round) % open.length
        const { rows } = open[index] as (typeof open)[number]
        const { perSecond, p50, errorCount } = await measure(() => cycle(rows), {
          concurrency,
          durationMs,
          warmUpMs: 0,
        })
        if (errorCount > 0) throw new Error(`${errorCount} jobs did not end as they should`)
        taken[index]?.perSecond.push(perSecond)
        taken[index]?.p50.push(p50)
      }
    const each = (value: (index: number) => number) =>
      Object.fromEntries(KINDS.map((kind, index) => [kind, value(index)])) as Record<Kind, number>
    const ratios = (index: number) =>
      (taken[index]?.perSecond ?? []).map((value, round) => value / (taken[0]?.perSecond[round] ?? Number.NaN))
    speeds.push({
      concurrency,
      perSecond: each((index) => median(taken[index]?.perSecond ?? [])),
      p50: each((index) => median(taken[index]?.p50 ?? [])),
      toBefore: each((index) => median(ratios(index))),
    })
  }
  await Promise.all(open.map(({ end }) => end()))
  return speeds
}
