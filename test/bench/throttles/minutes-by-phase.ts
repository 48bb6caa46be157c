import { randomUUID } from 'node:crypto'
import { addSums, NOTHING, type Sum } from '../../../infra/domain/duration-sum.ts'
import { mergeSums, type Series, type Sums } from '../../../infra/domain/pool-minute.ts'
import type { MinutePart, MinuteStore } from '../../../infra/ports/minute-store.ts'

const MINUTE_MS = 60_000
/** Of each phase; the minutes before it are what is usual. */
const USUAL_MINUTES = 6

/** Minutes of a system that has no minute to spare: each phase of a measurement becomes a minute of a pool of its own. */
export interface MinutesByPhase {
  /** what is told is of this phase from now on */
  begin(phase: string): Promise<void>
  /** put it around the store of every process */
  around(store: MinuteStore): MinuteStore
  /** what was told since it began */
  told(): Sums
  /** what was told in this phase is what is usual in those after it */
  becomesUsual(): void
  /** under which the present phase is found */
  pool(): string
  /** epoch ms of the end of a phase's minute */
  readonly endsAt: number
}

const partsOf = (sums: Sums, pool: string, at: number): readonly MinutePart[] =>
  (Object.entries(sums) as [Series, Sum][]).map(([series, sum]) => ({ ...sum, series, pool, at }))

/** @param store where it all ends up, as it does otherwise */
export const createMinutesByPhase = (store: Pick<MinuteStore, 'tell'>, now = Date.now()): MinutesByPhase => {
  const at = now - (now % MINUTE_MS) - 60 * MINUTE_MS
  const run = randomUUID()
  let phase = 'none'
  let told: Sums = {}
  let usual: Sums = {}

  return {
    endsAt: at + MINUTE_MS,
    async begin(next) {
      phase = `${next} ${run}`
      told = {}
      const minutes = Array.from({ length: USUAL_MINUTES }, (_, before) => at - (before + 1) * MINUTE_MS)
      const parts = minutes.flatMap((minute) => partsOf(usual, phase, minute))
      await store.tell({ source: `${phase}/usual`, number: 1, now: Date.now(), parts })
    },
    around: (real) => ({
      ...real,
      async tell(report) {
        const sums = mergeSums(report.parts.map(({ series, ...sum }) => ({ [series]: addSums(NOTHING, sum) })))
        const parts = partsOf(sums, phase, at)
        told = mergeSums([told, sums])
        await real.tell({ ...report, parts })
      },
    }),
    told: () => told,
    pool: () => phase,
    becomesUsual() {
      usual = told
    },
  }
}
