import { randomUUID } from 'node:crypto'
import { HOPS } from '../../../infra/domain/hop.ts'
import type { Metrics } from '../../../infra/ports/metrics.ts'
import type { MinuteStore } from '../../../infra/ports/minute-store.ts'
import { createMetrics } from '../../../infra/runtime/metrics.ts'
import { createMinuteTally } from '../../../infra/runtime/minute-tally.ts'
import { median } from '../latency.ts'

/** What it costs that minutes are counted. */
export interface TallyCost {
  /** CPU time of what one check tells the metrics, in api and worker together (µs) */
  readonly plainUs: number
  /** the same with minutes counted */
  readonly countedUs: number
  /** one report of a busy worker, as PostgreSQL takes it (ms) */
  readonly tellMs: number
  /** reports a second that four processes at once bring in */
  readonly tellsPerSecond: number
}

const ROUNDS = 15
const CHECKS = 20_000
const REPORTS = 200
const CALLERS = 4

/** All that is told of one check. */
const oneCheck = (metrics: Metrics, ms: number): void => {
  metrics.count('jobs_submitted', { task: 'ocr' })
  for (const hop of HOPS) metrics.hop(hop, 'ocr', ms)
  metrics.batch('ocr', 1)
  metrics.count('deliveries', { task: 'ocr', reason: 'claimed' })
  metrics.count('jobs_finished', { task: 'ocr', reason: 'succeeded' })
  metrics.check('ocr', 'succeeded', 12 * ms)
}

const cpuUsOf = (metrics: Metrics): number => {
  const start = process.cpuUsage()
  for (let check = 0; check < CHECKS; check += 1) oneCheck(metrics, check % 400)
  const { user, system } = process.cpuUsage(start)
  return (user + system) / CHECKS
}

/** Reports of one process after the other, and of four at once. */
const measureTelling = async (store: Pick<MinuteStore, 'tell'>) => {
  const tell = async (): Promise<void> => {
    const tally = createMinuteTally(Date, () => `bench-${CALLERS}`)
    const metrics = tally.tap(createMetrics('bench').metrics)
    const source = randomUUID()
    for (let number = 1; number <= REPORTS; number += 1) {
      oneCheck(metrics, number)
      await store.tell({ source, number, now: Date.now(), parts: tally.take(1) })
    }
  }
  const start = performance.now()
  await tell()
  const alone = performance.now()
  await Promise.all(Array.from({ length: CALLERS }, tell))
  const together = performance.now() - alone
  return { tellMs: (alone - start) / REPORTS, tellsPerSecond: (1_000 * CALLERS * REPORTS) / together }
}

/** Measures both kinds in turn, so that a drift of the machine cancels out. */
export const measureTallyCost = async (store: Pick<MinuteStore, 'tell'>): Promise<TallyCost> => {
  const [plain, counted]: [number[], number[]] = [[], []]
  const own = createMetrics('bench').metrics
  const tapped = createMinuteTally(Date, () => 'bench').tap(own)
  for (let round = 0; round <= ROUNDS; round += 1) {
    const [one, other] = [cpuUsOf(own), cpuUsOf(tapped)]
    // The first is for the compiler.
    if (round > 0) plain.push(one)
    if (round > 0) counted.push(other)
  }
  return { plainUs: median(plain), countedUs: median(counted), ...(await measureTelling(store)) }
}
