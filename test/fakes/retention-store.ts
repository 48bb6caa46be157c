import { isFinal } from '../../infra/domain/job.ts'
import type { ErasedJob, Erasure, ErasureScope, ErasureStore } from '../../infra/ports/erasure-store.ts'
import type { DueJob, RetentionStore } from '../../infra/ports/retention-store.ts'
import type { MemoryJobStore, Row } from './job-store.ts'

/** What a row knows beside the job about what must go. */
interface Life {
  left: readonly string[]
  picturesErased: boolean
  /** handed out until then */
  leasedUntil: number
  /** everything that was due is cleared */
  cleared: boolean
  subject: string | undefined
  erasureId: string | undefined
}

const UNKEPT_RESULT_MS = 600_000

class Lives {
  readonly jobs: MemoryJobStore
  readonly now: () => number
  readonly #byId = new Map<string, Life>()
  constructor(jobs: MemoryJobStore, now: () => number) {
    this.jobs = jobs
    this.now = now
  }
  of(row: Row): Life {
    const known = this.#byId.get(row.job.id)
    if (known) return known
    const life: Life = {
      left: [],
      picturesErased: false,
      leasedUntil: 0,
      cleared: false,
      subject: row.newJob.subjectSha256,
      erasureId: undefined,
    }
    this.#byId.set(row.job.id, life)
    return life
  }
  ends({ job, newJob: { retention } }: Row) {
    const { createdAt, finishedAt } = job
    const pictures = createdAt + retention.pictureTtlMs
    const result = createdAt + retention.resultTtlMs
    if (retention.keep || finishedAt === null) return { pictures, result }
    return { pictures: Math.min(pictures, finishedAt), result: Math.min(result, finishedAt + UNKEPT_RESULT_MS) }
  }
  late(row: Row, graceMs: number) {
    const since = this.now() - graceMs
    const { pictures, result } = this.ends(row)
    const over = row.job.finishedAt !== null && row.job.finishedAt < since
    const picturesSince = Math.min(pictures, row.job.erasedAt ?? Number.POSITIVE_INFINITY)
    return {
      pictures: over && !this.of(row).picturesErased && picturesSince < since,
      result: over && row.job.erasedAt === null && result < since,
    }
  }
  forget(row: Row, whole: boolean, leaseMs: number): DueJob {
    const { job } = row
    const life = this.of(row)
    life.left = [...life.left, ...job.input.pictures.flatMap(({ key, upload = [] }) => [key].concat(upload))]
    life.leasedUntil = this.now() + leaseMs
    life.cleared = false
    const gone = { erasedAt: job.erasedAt ?? this.now(), result: null, error: null } as const
    row.job = {
      ...job,
      ...(whole && gone),
      input: { pictures: [], options: whole ? {} : job.input.options },
    }
    if (whole) life.subject = undefined
    return { id: job.id, tenant: job.tenant, pictures: life.left, whole }
  }
}

const retentionOf = (lives: Lives): RetentionStore => {
  const rows = () => lives.jobs.rows()
  return {
    async takeDue(limit, leaseMs) {
      const due = rows().filter((row) => {
        const { picturesErased, leasedUntil, cleared } = lives.of(row)
        const { pictures, result } = lives.ends(row)
        if (!isFinal(row.job.state) || cleared || leasedUntil > lives.now()) return false
        return (!picturesErased && pictures <= lives.now()) || result <= lives.now() || row.job.erasedAt !== null
      })
      return due
        .slice(0, limit)
        .map((row) => lives.forget(row, lives.ends(row).result <= lives.now() || row.job.erasedAt !== null, leaseMs))
    },
    async takeUnkept(tenant, id, leaseMs) {
      const row = rows().find(({ job }) => job.id === id && job.tenant === tenant)
      if (!row || row.job.keep || !isFinal(row.job.state) || row.job.erasedAt !== null) return undefined
      return lives.forget(row, true, leaseMs)
    },
    async cleared(jobs) {
      for (const row of rows()) {
        const cleared = jobs.find(({ id }) => id === row.job.id)
        if (!cleared || (!cleared.whole && row.job.erasedAt !== null)) continue
        Object.assign(lives.of(row), {
          left: [],
          picturesErased: true,
          leasedUntil: 0,
          cleared: row.job.erasedAt !== null,
        })
      }
    },
    async holders(ids) {
      const held = rows().filter((row) => ids.includes(row.job.id) && !lives.of(row).picturesErased)
      return new Set(held.map(({ job }) => job.id))
    },
    async uploadsInUse() {
      const open = rows().filter(({ job }) => !isFinal(job.state))
      const keys = open.flatMap(({ job }) => job.input.pictures.map(({ key }) => key))
      return new Set(keys.filter((key) => key.startsWith('uploads/')))
    },
    async erased(ids) {
      return rows().flatMap(({ job: { id, tenant, erasedAt } }) =>
        ids.includes(id) && erasedAt !== null ? [{ id, tenant }] : [],
      )
    },
    async erasedLately(withinMs, limit) {
      const since = lives.now() - withinMs
      const lately = rows().flatMap(({ job }) => (job.erasedAt !== null && job.erasedAt > since ? [job] : []))
      lately.sort((a, b) => (b.erasedAt ?? 0) - (a.erasedAt ?? 0))
      return lately.slice(0, limit).map(({ id, tenant }) => ({ id, tenant }))
    },
    async overdue(graceMs) {
      const all = rows().map((row) => lives.late(row, graceMs))
      return {
        pictureJobs: all.filter(({ pictures }) => pictures).length,
        resultJobs: all.filter(({ result }) => result).length,
      }
    },
  }
}

interface Open {
  erasure: Erasure
  readonly scope: ErasureScope
  dueAt: number
}

const AGAIN_MS = 30_000

const isMeant = (lives: Lives, { erasure, scope }: Open, row: Row): boolean => {
  const { id, tenant, createdAt } = row.job
  if (tenant !== erasure.tenant) return false
  if ('jobId' in scope) return id === scope.jobId
  return lives.of(row).subject === scope.subjectSha256 && createdAt <= erasure.requestedAt
}

const erasuresOf = (lives: Lives): ErasureStore => {
  const all = new Map<string, Open>()
  const get = (id: string): Open => {
    const found = all.get(id)
    if (!found) throw new Error(`no erasure ${id}`)
    return found
  }
  return {
    async open(id, tenant, scope) {
      const same = ({ erasure, scope: other }: Open) =>
        'jobId' in scope && 'jobId' in other && other.jobId === scope.jobId && erasure.tenant === tenant
      const before = [...all.values()].find(same)
      if (before) return before.erasure
      const now = lives.now()
      const erasure = { id, tenant, requestedAt: now, completedAt: null, jobCount: 0, pictureCount: 0 }
      all.set(id, { erasure, scope, dueAt: now + AGAIN_MS })
      return erasure
    },
    async find(tenant, id) {
      const found = all.get(id)
      return found?.erasure.tenant === tenant ? found.erasure : undefined
    },
    async forget(erasureId, limit, leaseMs) {
      const open = get(erasureId)
      if (open.erasure.completedAt !== null) return []
      const meant = lives.jobs.rows().filter((row) => {
        const { erasureId: of, cleared } = lives.of(row)
        return isMeant(lives, open, row) && of !== erasureId && !(row.job.erasedAt !== null && cleared)
      })
      let { pictureCount } = open.erasure
      const erased = meant.slice(0, limit).map((row): ErasedJob => {
        const wasOpen = !isFinal(row.job.state)
        pictureCount += row.job.input.pictures.length + lives.of(row).left.length
        const due = lives.forget(row, true, leaseMs)
        lives.of(row).erasureId = erasureId
        if (wasOpen) row.job = { ...row.job, state: 'canceled', finishedAt: lives.now() }
        return { ...due, wasOpen }
      })
      open.dueAt = lives.now() + leaseMs
      open.erasure = { ...open.erasure, jobCount: open.erasure.jobCount + erased.length, pictureCount }
      return erased
    },
    async complete(erasureId) {
      const open = get(erasureId)
      const waits = lives.jobs.rows().some((row) => {
        const uncleared = lives.of(row).erasureId === erasureId && !lives.of(row).cleared
        return uncleared || ('subjectSha256' in open.scope && isMeant(lives, open, row))
      })
      if (!waits && open.erasure.completedAt === null) open.erasure = { ...open.erasure, completedAt: lives.now() }
      return open.erasure
    },
    async takeOpen(limit, leaseMs) {
      const due = [...all.values()].filter(({ erasure, dueAt }) => erasure.completedAt === null && dueAt <= lives.now())
      for (const open of due.slice(0, limit)) open.dueAt = lives.now() + leaseMs
      return due.slice(0, limit).map(({ erasure }) => erasure)
    },
    async oldestOpenMs() {
      const open = [...all.values()].filter(({ erasure }) => erasure.completedAt === null)
      return open.reduce((oldest, { erasure }) => Math.max(oldest, lives.now() - erasure.requestedAt), 0)
    },
  }
}

/** What must go and what was asked for, over the rows of a job store in memory. Passes both ports' contract suites. */
export const createMemoryRetention = (
  jobs: MemoryJobStore,
  now: () => number = Date.now,
): { readonly retention: RetentionStore; readonly erasures: ErasureStore } => {
  const lives = new Lives(jobs, now)
  return { retention: retentionOf(lives), erasures: erasuresOf(lives) }
}
