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
import { createJobTables, createOnTable, type JobTables } from './job-tables.ts'
import type { Database } from './pool.ts'
import type { Statement } from './statement.ts'

/** One statement for many jobs. Two of a kind under way keep the database busy while the next group gathers. */
const GROUP = { maxItems: 128, slotCount: 2 }

const WORKER_LOST = JSON.stringify(outcome('WORKER_LOST'))
const DEADLINE_EXCEEDED = JSON.stringify(outcome('DEADLINE_EXCEEDED'))

const on = createOnTable()

/** The same rows in parts, each of which can be spoken to by itself. */
interface Parts {
  readonly db: Database
  readonly tables: JobTables
}

const insertMany = async ({ db, tables }: Parts, jobs: readonly NewJob[]): Promise<readonly (Inserted | Error)[]> => {
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
    admit_ms: job.admitMs ?? null,
    store_ms: job.storeMs,
    insert_ms: job.insertMs?.() ?? null,
    keep: job.retention.keep,
    picture_ttl_ms: job.retention.pictureTtlMs,
    result_ttl_ms: job.retention.resultTtlMs,
    subject_sha256: job.subjectSha256 ?? null,
  }))
  const answered = await tables.each(records, (table, some) =>
    db.query<JobRow>(on(sql.INSERT, table), [JSON.stringify(some)]),
  )
  const inserted = new Map(answered.flatMap(({ rows }) => rows.map((row) => [row.id, row] as const)))
  return Promise.all(
    jobs.map(async (job) => {
      const row = inserted.get(job.id)
      return row ? { kind: 'inserted' as const, job: toJob(row) } : findJoined({ db, tables }, job)
    }),
  )
}

type WithKey = Pick<NewJob, 'tenant' | 'fingerprint' | 'idempotencyKey'>

const find = ({ db, tables }: Parts, tenant: string, id: string): Promise<FoundRow | undefined> =>
  tables.at(id, async (table) => {
    const { rows } = await db.as(tenant).query<FoundRow>(on(sql.FIND, table), [id, tenant])
    return rows[0]
  })
type FoundRow = JobRow & { readonly fingerprint: string }

const idOfKey = async (
  db: Database,
  tenant: string,
  idempotencyKey: string | undefined,
): Promise<string | undefined> => {
  const { rows } = await db.as(tenant).query<{ id: string }>(sql.FIND_BY_KEY, [tenant, idempotencyKey])
  return rows[0]?.id
}

const findByKey = async (parts: Parts, { tenant, idempotencyKey, fingerprint }: WithKey) => {
  const id = await idOfKey(parts.db, tenant, idempotencyKey)
  const row = id === undefined ? undefined : await find(parts, tenant, id)
  if (row && row.fingerprint !== fingerprint) return new IdempotencyMismatchError()
  return row && toJob(row)
}

const findJoined = async (parts: Parts, job: NewJob): Promise<Inserted | Error> => {
  const found = await findByKey(parts, job)
  if (found instanceof Error) return found
  return found ? { kind: 'joined', job: found } : new IdempotencyBusyError()
}

const keysOf = (parts: Parts): Pick<JobStore, 'join' | 'knows'> => ({
  async join(request) {
    const found = await findByKey(parts, request)
    if (found instanceof Error) throw found
    return found
  },
  knows: async (tenant, idempotencyKey) => (await idOfKey(parts.db, tenant, idempotencyKey)) !== undefined,
})

/** A message that came twice in one group must not be run twice: the second finds the job leased. */
const claimMany = async ({ db, tables }: Parts, requests: readonly ClaimRequest[]): Promise<readonly Claim[]> => {
  const first = new Map<string, ClaimRequest>()
  for (const request of requests) if (!first.has(request.id)) first.set(request.id, request)
  const records = [...first.values()].map(({ id, workerId, leaseMs, takeOver }) => ({
    id,
    worker: workerId,
    lease_ms: leaseMs,
    take_over: takeOver,
  }))
  const answered = await tables.each(records, (table, some) =>
    db.query<ClaimRow>(on(sql.CLAIM, table), [JSON.stringify(some), WORKER_LOST, DEADLINE_EXCEEDED]),
  )
  const answers = new Map(answered.flatMap(({ rows }) => rows.map((row) => [row.wanted_id, toClaim(row)] as const)))
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

const finishMany = async ({ db, tables }: Parts, outcomes: readonly Finish[]): Promise<readonly Finished[]> => {
  const records = outcomes.map(({ writeMs, ...outcome }) =>
    writeMs ? { ...outcome, timings: { ...outcome.timings, writeMs: writeMs() } } : outcome,
  )
  const answered = await tables.each(records, (table, some) =>
    db.query<JobRow>(on(sql.FINISH, table), [JSON.stringify(some)]),
  )
  const finished = new Map(answered.flatMap(({ rows }) => rows.map((row) => [row.id, row] as const)))
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
  const tables = createJobTables(db)
  const parts = { db, tables }
  const insert = coalesce((jobs: readonly NewJob[]) => insertMany(parts, jobs), GROUP)
  const claim = coalesce((requests: readonly ClaimRequest[]) => claimMany({ db: hasty, tables }, requests), GROUP)
  const finish = coalesce((outcomes: readonly Finish[]) => finishMany(parts, outcomes), GROUP)
  /** The same change of many jobs. */
  const mark = (statement: Statement, ids: readonly string[], ...values: readonly unknown[]) =>
    tables.each(
      ids.map((id) => ({ id })),
      (table, some) => hasty.query(on(statement, table), [some.map(({ id }) => id), ...values]),
    )
  return {
    async insert(job) {
      const answer = await insert(job)
      if (answer instanceof Error) throw answer
      return answer
    },
    ...keysOf(parts),
    claim,
    finish,
    async markPublished(ids) {
      await mark(sql.MARK_PUBLISHED, ids)
    },
    async find(tenant, id) {
      const row = await find(parts, tenant, id)
      return row && toJob(row)
    },
    async renew(leases, leaseMs) {
      const renewed = await tables.each(leases, (table, some) =>
        hasty.query<{ id: string; state: string }>(on(sql.RENEW, table), [JSON.stringify(some), leaseMs]),
      )
      const rows = renewed.flatMap((answer) => answer.rows)
      const held = new Map(rows.map((row) => [row.id, row.state]))
      return {
        lost: leases.flatMap(({ id }) => (held.has(id) ? [] : [id])),
        canceling: rows.flatMap(({ id, state }) => (state === 'canceling' ? [id] : [])),
      }
    },
    async release({ id, attempt }, spend) {
      const { rows } = await tables.at(id, (table) =>
        db.query<{ state: string }>(on(sql.RELEASE, table), [id, attempt, spend]),
      )
      if (!rows[0]) return 'fenced'
      return rows[0].state === 'canceled' ? 'canceled' : 'released'
    },
    async cancel(tenant, id) {
      const { rows } = await tables.at(id, (table) => db.as(tenant).query<JobRow>(on(sql.CANCEL, table), [id, tenant]))
      if (rows[0]) return { kind: rows[0].state === 'canceling' ? 'canceling' : 'canceled', job: toJob(rows[0]) }
      const job = await this.find(tenant, id)
      return job ? { kind: 'final', job } : { kind: 'missing' }
    },
    async unpublished(olderThanMs, limit) {
      return (await db.query<Unpublished & { id: string }>(sql.UNPUBLISHED, [olderThanMs, limit])).rows
    },
    async postpone(ids, ms) {
      await mark(sql.POSTPONE, ids, ms)
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
