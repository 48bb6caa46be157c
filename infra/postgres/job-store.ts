import { IdempotencyBusyError, IdempotencyMismatchError } from '../domain/errors.ts'
import { outcome } from '../domain/outcomes.ts'
import type {
  Claim,
  ClaimRequest,
  Finish,
  Finished,
  Inserted,
  JobStore,
  NewJob,
  Unpublished,
} from '../ports/job-store.ts'
import { coalesce } from '../runtime/coalesce.ts'
import { type JobRow, toJob } from './job-row.ts'
import * as sql from './job-sql.ts'
import type { Database } from './pool.ts'

/** One statement for many jobs. Two of a kind under way keep the database busy while the next group gathers. */
const GROUP = { maxItems: 128, slotCount: 2 }

const WORKER_LOST = JSON.stringify(outcome('WORKER_LOST'))
const DEADLINE_EXCEEDED = JSON.stringify(outcome('DEADLINE_EXCEEDED'))

const insertMany = async (db: Database, jobs: readonly NewJob[]): Promise<readonly (Inserted | Error)[]> => {
  const records = jobs.map((job) => ({
    id: job.id,
    tenant: job.tenant,
    task: job.task,
    lane: job.lane,
    input: job.input,
    deadline_ms: job.deadlineMs,
    idempotency_key: job.idempotencyKey ?? null,
    fingerprint: job.fingerprint,
    webhook_url: job.webhookUrl ?? null,
    store_ms: job.storeMs,
    keep: job.retention.keep,
    picture_ttl_ms: job.retention.pictureTtlMs,
    result_ttl_ms: job.retention.resultTtlMs,
    subject_sha256: job.subjectSha256 ?? null,
  }))
  const { rows } = await db.query<JobRow>(sql.INSERT, [JSON.stringify(records)])
  const inserted = new Map(rows.map((row) => [row.id, row]))
  return Promise.all(
    jobs.map(async (job) => {
      const row = inserted.get(job.id)
      return row ? { kind: 'inserted' as const, job: toJob(row) } : findJoined(db, job)
    }),
  )
}

type WithKey = Pick<NewJob, 'tenant' | 'fingerprint' | 'idempotencyKey'>

const findByKey = async (db: Database, { tenant, idempotencyKey, fingerprint }: WithKey) => {
  const values = [tenant, idempotencyKey]
  const { rows } = await db.as(tenant).query<JobRow & { fingerprint: string }>(sql.FIND_BY_KEY, values)
  const [row] = rows
  if (row && row.fingerprint !== fingerprint) return new IdempotencyMismatchError()
  return row && toJob(row)
}

const findJoined = async (db: Database, job: NewJob): Promise<Inserted | Error> => {
  const found = await findByKey(db, job)
  if (found instanceof Error) return found
  return found ? { kind: 'joined', job: found } : new IdempotencyBusyError()
}

const keysOf = (db: Database): Pick<JobStore, 'join' | 'knows'> => ({
  async join(request) {
    const found = await findByKey(db, request)
    if (found instanceof Error) throw found
    return found
  },
  async knows(tenant, idempotencyKey) {
    return (await db.as(tenant).query(sql.KNOWS, [tenant, idempotencyKey])).rows.length > 0
  },
})

/** A message that came twice in one group must not be run twice: the second finds the job leased. */
const claimMany = async (db: Database, requests: readonly ClaimRequest[]): Promise<readonly Claim[]> => {
  const first = new Map<string, ClaimRequest>()
  for (const request of requests) if (!first.has(request.id)) first.set(request.id, request)
  const records = [...first.values()].map(({ id, workerId, leaseMs, takeOver }) => ({
    id,
    worker: workerId,
    lease_ms: leaseMs,
    take_over: takeOver,
  }))
  const { rows } = await db.query<ClaimRow>(sql.CLAIM, [JSON.stringify(records), WORKER_LOST, DEADLINE_EXCEEDED])
  const answers = new Map(rows.map((row) => [row.wanted_id, toClaim(row)]))
  return requests.map((request) =>
    first.get(request.id) === request ? (answers.get(request.id) ?? { kind: 'missing' }) : { kind: 'leased' },
  )
}

type ClaimRow = { [K in keyof JobRow]: JobRow[K] | null } & {
  wanted_id: string
  seen_state: JobRow['state'] | null
  ended_state: 'failed' | 'expired' | 'canceled' | null
  /** null unless claimed */
  attempts_left: number | null
}

const toClaim = (row: ClaimRow): Claim => {
  if (row.attempts_left !== null) return { kind: 'claimed', job: toJob(row as JobRow), attemptsLeft: row.attempts_left }
  if (row.ended_state !== null) return { kind: row.ended_state === 'failed' ? 'exhausted' : row.ended_state }
  if (row.seen_state === null) return { kind: 'missing' }
  // Seen as queued but not claimed: another worker won between the snapshot and the lock.
  return { kind: row.seen_state === 'running' || row.seen_state === 'queued' ? 'leased' : 'finished' }
}

const finishMany = async (db: Database, outcomes: readonly Finish[]): Promise<readonly Finished[]> => {
  const { rows } = await db.query<JobRow>(sql.FINISH, [JSON.stringify(outcomes)])
  const finished = new Map(rows.map((row) => [row.id, row]))
  return outcomes.map(({ id, attempt }) => {
    const row = finished.get(id)
    if (!row || row.attempt !== attempt) return { kind: 'fenced' }
    return { kind: row.state === 'canceled' ? 'canceled' : 'finished', job: toJob(row) }
  })
}

/**
 * Jobs in PostgreSQL. Inserts, claims and finishes of one moment share a statement; each gets its own answer.
 * @param hasty the same database through a pool that is not durable, for what a crash of the server may undo: a claim, a
 *   lease, a mark. A job whose claim is undone is queued again; an outcome is committed durably, and its claim with it.
 */
export const createJobStore = (db: Database, hasty: Database = db): JobStore => {
  const insert = coalesce((jobs: readonly NewJob[]) => insertMany(db, jobs), GROUP)
  const claim = coalesce((requests: readonly ClaimRequest[]) => claimMany(hasty, requests), GROUP)
  const finish = coalesce((outcomes: readonly Finish[]) => finishMany(db, outcomes), GROUP)
  return {
    async insert(job) {
      const answer = await insert(job)
      if (answer instanceof Error) throw answer
      return answer
    },
    ...keysOf(db),
    claim,
    finish,
    async markPublished(ids) {
      if (ids.length > 0) await hasty.query(sql.MARK_PUBLISHED, [ids])
    },
    async find(tenant, id) {
      const { rows } = await db.as(tenant).query<JobRow>(sql.FIND, [id, tenant])
      return rows[0] && toJob(rows[0])
    },
    async renew(leases, leaseMs) {
      const { rows } = await hasty.query<{ id: string; state: string }>(sql.RENEW, [JSON.stringify(leases), leaseMs])
      const held = new Map(rows.map((row) => [row.id, row.state]))
      return {
        lost: leases.flatMap(({ id }) => (held.has(id) ? [] : [id])),
        canceling: rows.flatMap(({ id, state }) => (state === 'canceling' ? [id] : [])),
      }
    },
    async release({ id, attempt }, spend) {
      const { rows } = await db.query<{ state: string }>(sql.RELEASE, [id, attempt, spend])
      if (!rows[0]) return 'fenced'
      return rows[0].state === 'canceled' ? 'canceled' : 'released'
    },
    async cancel(tenant, id) {
      const { rows } = await db.as(tenant).query<JobRow>(sql.CANCEL, [id, tenant])
      if (rows[0]) return { kind: rows[0].state === 'canceling' ? 'canceling' : 'canceled', job: toJob(rows[0]) }
      const job = await this.find(tenant, id)
      return job ? { kind: 'final', job } : { kind: 'missing' }
    },
    async unpublished(olderThanMs, limit) {
      return (await db.query<Unpublished & { id: string }>(sql.UNPUBLISHED, [olderThanMs, limit])).rows
    },
    async postpone(ids, ms) {
      if (ids.length > 0) await hasty.query(sql.POSTPONE, [ids, ms])
    },
    async over(ids) {
      if (ids.length === 0) return []
      return (await db.query<{ id: string }>(sql.OVER, [ids])).rows.map(({ id }) => id)
    },
    async stale(tasks, lane, olderThanMs, limit) {
      return (await db.query<Unpublished & { id: string }>(sql.STALE, [tasks, lane, olderThanMs, limit])).rows
    },
    async endCanceling(graceMs, limit) {
      return (await db.query(sql.END_CANCELING, [graceMs, limit])).rowCount ?? 0
    },
    async expireOverdue(graceMs, limit) {
      return (await db.query(sql.EXPIRE_OVERDUE, [graceMs, limit, DEADLINE_EXCEEDED])).rowCount ?? 0
    },
  }
}
