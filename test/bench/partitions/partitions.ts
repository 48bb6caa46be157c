import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { startServers, stopServers } from '../../../infra/local/servers.ts'
import { addDays, fill, newDatabase } from './databases.ts'
import { type CutCost, type DropCost, measureCut, measureDrop } from './drop.ts'
import { type JobSizes, measureSizes } from './sizes.ts'
import { measureRows, type RowSpeed, type SpeedPlan } from './speed.ts'

/** What is measured, and with how much. */
export interface PartitionsPlan extends SpeedPlan {
  readonly dayCount: number
  /** jobs that lie there already (count) */
  readonly filledCount: number
  /** jobs of a day that is dropped (count) */
  readonly dropCounts: readonly number[]
  /** jobs of a table that is cut (count) */
  readonly cutCount: number
  /** jobs whose bytes are counted (count) */
  readonly sizeCount: number
  readonly say: (line: string) => void
}

export interface Partitions {
  readonly rows: readonly RowSpeed[]
  readonly drops: readonly DropCost[]
  readonly cut: CutCost
  readonly sizes: JobSizes
}

const DIR = join(import.meta.dirname, '..', '..', '..', '.muster', 'bench', 'partitions')
const NAMES = ['postgres'] as const

/** What it costs to have the jobs in days, and what it saves; on a private server as durable as that of `up`. */
export const measurePartitions = async (plan: PartitionsPlan): Promise<Partitions> => {
  mkdirSync(DIR, { recursive: true })
  const { postgres } = await startServers(DIR, { names: NAMES })
  const admin = postgres?.url ?? ''
  const { say, dayCount, filledCount } = plan
  try {
    say(`three databases with ${filledCount} jobs of ${dayCount} days`)
    const before = await newDatabase(admin, 'muster_bench_before', 'table')
    // The guard for older releases is not theirs.
    await before.sql('drop trigger take_job_key on job')
    const table = await newDatabase(admin, 'muster_bench_table', 'table')
    const days = await newDatabase(admin, 'muster_bench_days', 'days')
    await addDays(days, dayCount)
    for (const database of [before, table, days]) await fill(database, dayCount, filledCount)
    say('insert, claim and finish')
    const rows = await measureRows({ '0.1.0': before, table, days }, plan)
    const drops: DropCost[] = []
    for (const jobs of plan.dropCounts) {
      say(`being rid of a day of ${jobs} jobs`)
      drops.push(await measureDrop(admin, jobs))
    }
    say(`cutting a table of ${plan.cutCount} jobs in use`)
    const cut = await measureCut(admin, plan.cutCount)
    say('bytes of a job')
    return { rows, drops, cut, sizes: await measureSizes(admin, plan.sizeCount) }
  } finally {
    await stopServers(DIR, NAMES)
  }
}
