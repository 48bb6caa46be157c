import { aheadCount, aheadOfBoth, retryAfter, surplusMs, takeToken, tokensIn } from '../../infra/domain/fair-share.ts'
import { LANES } from '../../infra/domain/task.ts'
import type { Admission, AdmitRequest, Dispatcher, Ended, Offer, RefusalReason } from '../../infra/ports/dispatcher.ts'
import type { Publish } from '../../infra/ports/job-queue.ts'
import { DOUBT_MS, type Entry, GRACE_MS, Memory, RESERVE_MS, WORKER_MS } from './dispatcher-memory.ts'

/** The dispatcher in memory, for unit tests. Passes the port's contract suite. */
export interface MemoryDispatcher extends Dispatcher {
  /** as after a loss of the server's memory */
  flush(): void
}

/** @returns predicted until the job is over; undefined = no rate is known */
const predict = (memory: Memory, { tenant, pool, lane, settings }: AdmitRequest): number | undefined => {
  const { rate } = memory.capacity(pool)
  if (rate <= 0) return undefined
  const line = Map.groupBy(memory.waiting(pool, lane), (one) => one.tenant)
  const own = { count: line.get(tenant)?.length ?? 0, weight: settings.weight }
  line.delete(tenant)
  const theirs = [...line.values()].map((list) => ({ count: list.length, weight: list.at(-1)?.weight ?? 1 }))
  const other = lane === 'bulk' ? 'interactive' : 'bulk'
  const ahead = aheadOfBoth(lane, aheadCount(own, theirs), memory.waitingCount(pool, other))
  return ((memory.out(pool, 'interactive') + memory.out(pool, 'bulk') + ahead) * 1000) / rate
}

const reserve = (memory: Memory, { jobId, tenant, pool, lane, settings }: AdmitRequest): void => {
  const now = memory.now()
  const until = now + RESERVE_MS
  memory.jobs.set(jobId, {
    ...{ tenant, pool, lane, weight: settings.weight, state: 'reserved', publish: undefined },
    ...{ since: now, endsAt: until, openUntil: until, slotUntil: 0, doubtAt: Number.POSITIVE_INFINITY },
  })
}

const admit = (memory: Memory, request: AdmitRequest, maxDepthCount: number): Admission => {
  const { tenant, pool, lane, deadlineMs, settings } = request
  const now = memory.now()
  const inFlightCount = memory.entries((one) => one.tenant === tenant && one.openUntil > now).length
  const fullAt = memory.buckets.get(tenant)
  const { remainingCount, untilFullMs } = tokensIn(settings, fullAt, now)
  const refuse = (reason: RefusalReason, ms: number): Admission => ({
    ...{ kind: 'refuse', reason, retryAfterMs: retryAfter(ms) },
    quota: { remainingCount, untilFullMs, inFlightCount },
  })
  const token = takeToken(settings, fullAt, now)
  if (token.retryAfterMs > 0) return refuse('rate', token.retryAfterMs)
  const { rate } = memory.capacity(pool)
  if (inFlightCount >= settings.maxInFlightCount) return refuse('in-flight', rate > 0 ? 1000 / rate : 0)
  if (memory.waitingCount(pool, lane) >= maxDepthCount) return refuse('wait', Number.POSITIVE_INFINITY)
  const waitMs = predict(memory, request)
  const surplus = surplusMs(waitMs, deadlineMs)
  if (surplus > 0) return refuse('wait', surplus)
  memory.buckets.set(tenant, token.fullAt)
  reserve(memory, request)
  const quota = { remainingCount: token.remainingCount, untilFullMs: token.untilFullMs }
  return { kind: 'accept', waitMs, quota: { ...quota, inFlightCount: inFlightCount + 1 } }
}

/** @returns what goes now */
const offer = (memory: Memory, { weight, remainingMs, ...publish }: Offer): readonly Publish[] => {
  const { id, tenant, lane } = publish.message
  const { pool } = publish
  const known = memory.jobs.get(id)
  if (known?.state === 'out') {
    memory.sendOut(known)
    return [publish]
  }
  if (known?.state === 'held') return []
  const now = memory.now()
  const { window } = memory.capacity(pool)
  const [outInteractive, outBulk] = [memory.out(pool, 'interactive'), memory.out(pool, 'bulk')]
  const state = memory.pool(pool).lanes[lane]
  const fits = outInteractive + outBulk < window.total && (lane === 'interactive' || outBulk < window.bulk)
  const endsAt = now + remainingMs
  const entry: Entry = {
    ...{ tenant, pool, lane, weight, state: 'held', since: now, slotUntil: 0, publish },
    ...{ endsAt, openUntil: endsAt + GRACE_MS, doubtAt: now + DOUBT_MS },
  }
  memory.jobs.set(id, entry)
  if (state.turns.size === 0 && fits) {
    memory.sendOut(entry)
    return [publish]
  }
  if (!state.turns.has(tenant)) state.turns.set(tenant, Math.max(state.virtual, state.past.get(tenant) ?? 0))
  return []
}

const end = (memory: Memory, jobs: readonly Ended[]): readonly Publish[] => {
  const served = new Map<string, number>()
  for (const { jobId, served: counts } of jobs) {
    const entry = memory.jobs.get(jobId)
    if (!entry) continue
    memory.jobs.delete(jobId)
    const { pool, lane, tenant } = entry
    served.set(pool, (served.get(pool) ?? 0) + Number(counts))
    if (!memory.waiting(pool, lane).some((one) => one.tenant === tenant))
      memory.pool(pool).lanes[lane].turns.delete(tenant)
  }
  return [...served].flatMap(([pool, count]) => {
    memory.observe(pool, count)
    return memory.fill(pool)
  })
}

/** @param now epoch ms */
export const createMemoryDispatcher = (
  now: () => number = Date.now,
  maxDepthCount = Number.MAX_SAFE_INTEGER,
): MemoryDispatcher => {
  const memory = new Memory(now)
  return {
    admit: async (request) => admit(memory, request, maxDepthCount),
    async dispatch(offers) {
      const mine = offers.flatMap((one) => offer(memory, one))
      return [...mine, ...[...new Set(offers.map(({ pool }) => pool))].flatMap((pool) => memory.fill(pool))]
    },
    ended: async (jobs) => end(memory, jobs),
    async announce({ jobIds, ...capacity }) {
      const { pool: name, workerId, slots } = capacity
      const pool = memory.pool(name)
      if (slots > 0) pool.workers.set(workerId, { ...capacity, jobIds, until: now() + WORKER_MS })
      else pool.workers.delete(workerId)
      memory.capacity(name)
      for (const id of jobIds) {
        const entry = memory.jobs.get(id)
        if (entry) memory.sendOut(entry)
      }
      memory.observe(name, 0)
      return memory.fill(name)
    },
    async doubtful(limit) {
      const found = memory.entries(({ doubtAt }) => doubtAt <= now()).slice(0, limit)
      for (const [, entry] of found) entry.doubtAt = now() + DOUBT_MS
      return found.map(([id]) => id)
    },
    async load(pool) {
      const { window, rate } = memory.capacity(pool)
      const dispatchedCount = memory.out(pool, 'interactive') + memory.out(pool, 'bulk')
      const heldCount = LANES.reduce((sum, lane) => sum + memory.waitingCount(pool, lane), 0)
      return { windowCount: window.total, dispatchedCount, heldCount, ratePerSecond: rate }
    },
    healthy: () => true,
    flush() {
      memory.jobs.clear()
      memory.pools.clear()
      memory.buckets.clear()
    },
  }
}
