import { IdempotencyMismatchError } from '../../infra/domain/errors.ts'
import { isFinal, type Job } from '../../infra/domain/job.ts'
import { outcome } from '../../infra/domain/outcomes.ts'
import type { Claim, ClaimRequest, JobStore, Lease, Unpublished } from '../../infra/ports/job-store.ts'
import { newRow, type Row } from './job-row.ts'

const MAX_ATTEMPTS = 3
const MAX_LOST = 2

/** A job store in memory, for unit tests of use cases. Passes the port's contract suite. */
export interface MemoryJobStore extends JobStore {
  /** every job now stored, oldest first */
  all(): readonly Job[]
  /** ids that were marked as published */
  published(): readonly string[]
  /** for fakes of ports that look at the same rows */
  rows(): readonly Row[]
}

const toUnpublished = ({ id, tenant, task, lane, attempt, deadline }: Job, now: number): Unpublished => ({
  remainingMs: deadline - now,
  id,
  tenant,
  task,
  lane,
  attempt,
  deadline,
})

class Rows {
  readonly now: () => number
  readonly byId = new Map<string, Row>()
  constructor(now: () => number) {
    this.now = now
  }
  all(): readonly Row[] {
    return [...this.byId.values()]
  }
  owned(tenant: string, id: string): Row | undefined {
    const row = this.byId.get(id)
    return row?.job.tenant === tenant ? row : undefined
  }
  held({ id, attempt }: Lease): Row | undefined {
    const row = this.byId.get(id)
    const held = row?.job.state === 'running' || row?.job.state === 'canceling'
    return held && row.job.attempt === attempt ? row : undefined
  }
  change(row: Row, changes: Partial<Job>): Job {
    row.job = { ...row.job, ...changes }
    return row.job
  }
  end(row: Row, changes: Partial<Job>): Job {
    return this.change(row, { finishedAt: this.now(), ...changes })
  }
  /** nobody has the job any more */
  endCanceled(row: Row): Job {
    const took = row.cancelingAt === undefined ? {} : { cancelMs: this.now() - row.cancelingAt }
    return this.end(row, { state: 'canceled', timings: { ...row.job.timings, ...took } })
  }
}

const claim = (rows: Rows, { id, leaseMs, takeOver }: ClaimRequest): Claim => {
  const row = rows.byId.get(id)
  if (!row) return { kind: 'missing' }
  if (isFinal(row.job.state)) return { kind: 'finished' }
  const gone = takeOver || row.leasedUntil < rows.now()
  const canceling = row.job.state === 'canceling'
  if (canceling && gone) rows.endCanceled(row)
  if (canceling) return { kind: gone ? 'canceled' : 'finished' }
  const lost = Number(row.job.state === 'running')
  if (lost > 0 && !gone) return { kind: 'leased' }
  if (row.job.deadline <= rows.now()) {
    rows.end(row, { state: 'expired', error: outcome('DEADLINE_EXCEEDED') })
    return { kind: 'expired' }
  }
  if (row.job.attempt - row.attemptsBefore >= MAX_ATTEMPTS || row.lostCount + lost >= MAX_LOST) {
    rows.end(row, { state: 'failed', error: outcome('WORKER_LOST') })
    return { kind: 'exhausted' }
  }
  row.lostCount += lost
  row.leasedUntil = rows.now() + leaseMs
  const running = { state: 'running', attempt: row.job.attempt + 1, startedAt: rows.now() } as const
  const attemptsLeft = MAX_ATTEMPTS - (running.attempt - row.attemptsBefore)
  return { kind: 'claimed', job: rows.change(row, running), attemptsLeft }
}

const forCallers = (rows: Rows): Pick<JobStore, 'insert' | 'join' | 'knows' | 'find' | 'cancel'> => ({
  async insert(newJob) {
    const { tenant, idempotencyKey, fingerprint } = newJob
    const isEarlier = (row: Row) => row.job.tenant === tenant && row.idempotencyKey === idempotencyKey
    const earlier = idempotencyKey === undefined ? undefined : rows.all().find(isEarlier)
    if (earlier && earlier.fingerprint !== fingerprint) throw new IdempotencyMismatchError()
    if (earlier) return { kind: 'joined', job: earlier.job }
    const row = newRow(newJob, rows.now())
    rows.byId.set(newJob.id, row)
    return { kind: 'inserted', job: row.job }
  },
  async join({ tenant, idempotencyKey, fingerprint }) {
    const earlier = rows.all().find((row) => row.job.tenant === tenant && row.idempotencyKey === idempotencyKey)
    if (earlier && earlier.fingerprint !== fingerprint) throw new IdempotencyMismatchError()
    return earlier?.job
  },
  knows: async (tenant, key) => rows.all().some((row) => row.job.tenant === tenant && row.idempotencyKey === key),
  find: async (tenant, id) => rows.owned(tenant, id)?.job,
  async cancel(tenant, id) {
    const row = rows.owned(tenant, id)
    if (!row) return { kind: 'missing' }
    if (isFinal(row.job.state)) return { kind: 'final', job: row.job }
    if (row.job.state === 'queued' || row.leasedUntil < rows.now())
      return { kind: 'canceled', job: rows.endCanceled(row) }
    row.cancelingAt ??= rows.now()
    return { kind: 'canceling', job: rows.change(row, { state: 'canceling' }) }
  },
})

const forWorkers = (rows: Rows): Pick<JobStore, 'claim' | 'renew' | 'finish' | 'release'> => ({
  claim: async (request) => claim(rows, request),
  async renew(leases, leaseMs) {
    for (const lease of leases) {
      const row = rows.held(lease)
      if (row) row.leasedUntil = rows.now() + leaseMs
    }
    return {
      lost: leases.filter((lease) => !rows.held(lease)).map(({ id }) => id),
      canceling: leases.filter((lease) => rows.held(lease)?.job.state === 'canceling').map(({ id }) => id),
    }
  },
  async finish({ state, result, error, models, thresholdSet = null, timings, writeMs, ...lease }) {
    const row = rows.held(lease)
    if (!row) return { kind: 'fenced' }
    if (row.job.state === 'canceling') return { kind: 'canceled', job: rows.endCanceled(row) }
    const merged = { ...row.job.timings, ...timings, ...(writeMs && { writeMs: writeMs() }) }
    return { kind: 'finished', job: rows.end(row, { state, result, error, models, thresholdSet, timings: merged }) }
  },
  async release(lease, spend) {
    const row = rows.held(lease)
    if (!row) return 'fenced'
    if (row.job.state === 'canceling') {
      rows.endCanceled(row)
      return 'canceled'
    }
    rows.change(row, { state: 'queued', attempt: row.job.attempt - Number(!spend), startedAt: null })
    Object.assign(row, { queuedAt: rows.now(), publishedAt: undefined })
    return 'released'
  },
})

const forReconciler = (
  rows: Rows,
): Pick<
  JobStore,
  'markPublished' | 'unpublished' | 'postpone' | 'over' | 'stale' | 'endCanceling' | 'expireOverdue'
> => ({
  async markPublished(ids) {
    for (const row of rows.all())
      if (ids.includes(row.job.id) && row.job.state === 'queued') row.publishedAt = rows.now()
  },
  async unpublished(olderThanMs, limit) {
    const found = rows
      .all()
      .filter(({ job, publishedAt, queuedAt }) => {
        const waits = job.state === 'queued' && job.deadline > rows.now() && publishedAt === undefined
        return waits && queuedAt < rows.now() - olderThanMs
      })
      .slice(0, limit)
    for (const row of found) row.queuedAt = rows.now()
    return found.map(({ job }) => toUnpublished(job, rows.now()))
  },
  async postpone(ids, ms) {
    for (const row of rows.all())
      if (ids.includes(row.job.id) && row.job.state === 'queued')
        Object.assign(row, { queuedAt: rows.now() + ms, publishedAt: undefined })
  },
  async over(ids) {
    return ids.filter((id) => isFinal(rows.byId.get(id)?.job.state ?? 'canceled'))
  },
  async stale(tasks, lane, olderThanMs, limit) {
    const found = rows.all().filter(({ job, publishedAt }) => {
      const waits = job.state === 'queued' && tasks.includes(job.task) && job.lane === lane
      return waits && publishedAt !== undefined && publishedAt < rows.now() - olderThanMs
    })
    return found.slice(0, limit).map(({ job }) => toUnpublished(job, rows.now()))
  },
  async endCanceling(graceMs, limit) {
    const left = rows
      .all()
      .filter(({ job }) => job.state === 'canceling')
      .filter(({ job, leasedUntil }) => leasedUntil < rows.now() || job.deadline < rows.now() - graceMs)
    for (const row of left.slice(0, limit)) rows.endCanceled(row)
    return Math.min(left.length, limit)
  },
  async expireOverdue(graceMs, limit) {
    const open = ({ state }: Job) => state === 'queued' || state === 'running'
    const overdue = rows.all().filter(({ job }) => open(job) && job.deadline < rows.now() - graceMs)
    for (const row of overdue.slice(0, limit)) rows.end(row, { state: 'expired', error: outcome('DEADLINE_EXCEEDED') })
    return Math.min(overdue.length, limit)
  },
})

/** @param now the store's clock, epoch ms */
export const createMemoryJobStore = (now: () => number = Date.now): MemoryJobStore => {
  const rows = new Rows(now)
  return {
    ...forCallers(rows),
    ...forWorkers(rows),
    ...forReconciler(rows),
    all: () => rows.all().map(({ job }) => job),
    rows: () => rows.all(),
    published: () => rows.all().flatMap(({ job, publishedAt }) => (publishedAt === undefined ? [] : [job.id])),
  }
}
