import type { Command } from 'commander'
import { NothingThereError, UsageError } from './exit-code.ts'
import { print, sayLoud } from './output.ts'
import { parseMoment } from './webhooks.ts'

interface WhyOptions {
  readonly at?: string
  readonly plan?: boolean
  readonly slow?: boolean
  readonly json?: boolean
}

/** What there is to print. */
interface Told {
  readonly report: readonly string[]
  /** whoever decides should have looked again */
  readonly stale: boolean
}

const nothing = (pools: ReadonlyMap<string, unknown>, pool: string, what: string): NothingThereError =>
  new NothingThereError(pools.has(pool) ? what : `no such pool; there are: ${[...pools.keys()].join(', ')}`)

const readDecision = async (program: Command, pool: string, at: string | undefined, now: number): Promise<Told> => {
  const moment = at === undefined ? now : parseMoment(at, now)
  const { withFleet } = await import('./fleet-database.ts')
  const { toDecisionResource } = await import('../autoscaler/routes/decision-resource.ts')
  const { isStale } = await import('../autoscaler/pool-status.ts')
  const { verdictLine } = await import('../infra/domain/bottleneck-words.ts')
  return withFleet(program, [pool], async ({ pools, decisions, judge }) => {
    const [found] = at === undefined ? await decisions.list({ pool, limit: 1 }) : [await decisions.at(pool, moment)]
    if (!found) throw nothing(pools, pool, `no decision about pool ${pool} is kept of that time`)
    const told = toDecisionResource(found)
    if (at !== undefined) return { ...told, stale: false }
    const { verdict } = await judge(pool)
    const lines = verdict.kind === 'bottleneck' ? [verdictLine(verdict, pool)] : []
    return { ...told, report: [...told.report, ...lines], stale: isStale(found, now) }
  })
}

const readVerdict = async (program: Command, pool: string): Promise<Told> => {
  const { withFleet } = await import('./fleet-database.ts')
  const { toBottleneckResource } = await import('../autoscaler/routes/bottleneck.ts')
  const { verdictLine } = await import('../infra/domain/bottleneck-words.ts')
  return withFleet(program, [pool], async ({ pools, judge }) => {
    if (!pools.has(pool)) throw nothing(pools, pool, '')
    const judged = await judge(pool)
    return { ...toBottleneckResource(judged), report: [verdictLine(judged.verdict, pool)], stale: false }
  })
}

const readPlan = async (program: Command, pool: string): Promise<Told> => {
  const { withFleet } = await import('./fleet-database.ts')
  const { toPlanResource } = await import('../autoscaler/routes/plan.ts')
  return withFleet(program, [pool], async ({ pools, plans }) => {
    const plan = await plans.latest(pool)
    if (!plan) throw nothing(pools, pool, `no plan was made of pool ${pool} yet; there is one every 20 minutes`)
    return { ...toPlanResource(plan), stale: false }
  })
}

/** `./muster why` */
export const registerWhy = (program: Command): void => {
  program
    .command('why')
    .summary('why a pool has so many nodes, now or at a certain time')
    .description(
      'The words are those of the log, of HTTP and of Slack. Read from the database: it works while the autoscaler, the fleet and ' +
        'Slack are away. Exit code 3 when no decision of that time is kept.',
    )
    .argument('<pool>', './muster pools lists them')
    .option('--at <moment>', '15m ago, 2h, 3d, a date or an instant; now unless told')
    .option('--plan', 'what is to be expected in the next hours, as it was told at the last 20 minutes')
    .option('--slow', 'which hop holds jobs up in the last minutes, instead of the count')
    .option('--json', 'for programs: what HTTP answers')
    .action(async (pool: string, { at, plan, slow, json }: WhyOptions) => {
      if (plan && at !== undefined) throw new UsageError('--plan is about what comes: give no --at')
      if (slow && (plan || at !== undefined)) throw new UsageError('--slow is about now: give neither --at nor --plan')
      const now = Date.now()
      const read = () => {
        if (slow) return readVerdict(program, pool)
        return plan ? readPlan(program, pool) : readDecision(program, pool, at, now)
      }
      const { report, stale, ...resource } = await read()
      print(json ? JSON.stringify({ ...resource, report }, null, 2) : report.join('\n'))
      if (stale) sayLoud('the next look is overdue: no autoscaler leads')
    })
}
