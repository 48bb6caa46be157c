import { isFinal } from '../../infra/domain/job.ts'
import type { ErasedJob, Erasure, ErasureScope, ErasureStore } from '../../infra/ports/erasure-store.ts'
import type { HoldStore } from '../../infra/ports/hold-store.ts'
import type { DueJob, RetentionStore } from '../../infra/ports/retention-store.ts'
import { Holds } from './hold-store.ts'
import type { Row } from './job-row.ts'
import type { MemoryJobStore } from './job-store.ts'

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
  readonly holds = new Holds()
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
  holdable(row: Row) {
    const { id, tenant, erasedAt } = row.job
    return { id, tenant, erased: erasedAt !== null, subject: this.of(row).subject }
  }
  held(row: Row): boolean {
    return this.holds.keep(this.holdable(row))
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
    const over = row.job.finishedAt !== null && row.job.finishedAt < since && !this.held(row)
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
        if (!isFinal(row.job.state) || cleared || leasedUntil > lives.now() || lives.held(row)) return false
        return (!picturesErased && pictures <= lives.now()) || result <= lives.now() || row.job.erasedAt !== null
      })
      return due
        .slice(0, limit)
        .map((row) => lives.forget(row, lives.ends(row).result <= lives.now() || row.job.erasedAt !== null, leaseMs))
    },
    async takeUnkept(tenant, id, leaseMs) {
      const row = rows().find(({ job }) => job.id === id && job.tenant === tenant)
      if (!row || row.job.keep || !isFinal(row.job.state) || row.job.erasedAt !== null || lives.held(row))
        return undefined
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
    async spared() {
      const keys = rows().flatMap((row) => {
        const own = row.job.input.pictures.map(({ key }) => key)
        const uploads = isFinal(row.job.state) ? [] : own.filter((key) => key.startsWith('uploads/'))
        return lives.held(row) ? own : uploads
      })
      return new Set(keys)
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
  erasure: Omit<Erasure, 'heldCount'>
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

const erasuresOf = (lives: Lives, all: Map<string, Open>): ErasureStore => {
  const heldBy = (open: Open) =>
    lives.jobs.rows().filter((row) => row.job.erasedAt === null && isMeant(lives, open, row) && lives.held(row))
  const told = (open: Open): Erasure => ({ ...open.erasure, heldCount: heldBy(open).length })
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
      if (before) return told(before)
      const now = lives.now()
      const erasure = { id, tenant, requestedAt: now, completedAt: null, jobCount: 0, pictureCount: 0 }
      const opened = { erasure, scope, dueAt: now + AGAIN_MS }
      all.set(id, opened)
      return told(opened)
    },
    async find(tenant, id) {
      const found = all.get(id)
      return found?.erasure.tenant === tenant ? told(found) : undefined
    },
    async forget(erasureId, limit, leaseMs) {
      const open = get(erasureId)
      if (open.erasure.completedAt !== null) return []
      const meant = lives.jobs.rows().filter((row) => {
        const { erasureId: of, cleared } = lives.of(row)
        const left = of !== erasureId && !(row.job.erasedAt !== null && cleared)
        return left && isMeant(lives, open, row) && !lives.held(row)
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
      const done = !waits && heldBy(open).length === 0
      if (done && open.erasure.completedAt === null) open.erasure = { ...open.erasure, completedAt: lives.now() }
      return told(open)
    },
    async takeOpen(limit, leaseMs) {
      const due = [...all.values()].filter(({ erasure, dueAt }) => erasure.completedAt === null && dueAt <= lives.now())
      for (const open of due.slice(0, limit)) open.dueAt = lives.now() + leaseMs
      return due.slice(0, limit).map(told)
    },
    async oldestOpenMs() {
      const open = [...all.values()].filter((one) => one.erasure.completedAt === null && heldBy(one).length === 0)
      return open.reduce((oldest, { erasure }) => Math.max(oldest, lives.now() - erasure.requestedAt), 0)
    },
  }
}

/** What must go, what was asked for and what is held, over the rows of a job store in memory. Passes the ports' contract suites. */
export const createMemoryRetention = (
  jobs: MemoryJobStore,
  now: () => number = Date.now,
): { readonly retention: RetentionStore; readonly erasures: ErasureStore; readonly holds: HoldStore } => {
  const lives = new Lives(jobs, now)
  const open = new Map<string, Open>()
  const holdables = () => jobs.rows().map((row) => lives.holdable(row))
  const lifted = () => {
    for (const one of open.values()) one.dueAt = now()
  }
  const holds = lives.holds.store(holdables, now, lifted)
  return { retention: retentionOf(lives), erasures: erasuresOf(lives, open), holds }
}
