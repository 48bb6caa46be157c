import type { Command } from 'commander'
import { NothingThereError } from './exit-code.ts'
import { print, sayLoud } from './output.ts'
import { parseMoment } from './webhooks.ts'

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
    .option('--json', 'for programs: what HTTP answers')
    .action(async (pool: string, { at, json }: { readonly at?: string; readonly json?: boolean }) => {
      const now = Date.now()
      const moment = at === undefined ? now : parseMoment(at, now)
      const { withFleet } = await import('./fleet-database.ts')
      const { toDecisionResource } = await import('../autoscaler/routes/decision-resource.ts')
      const { isStale } = await import('../autoscaler/pool-status.ts')
      const found = await withFleet(program, [pool], async ({ pools, decisions }) => {
        const [last] = at === undefined ? await decisions.list({ pool, limit: 1 }) : [await decisions.at(pool, moment)]
        if (last) return last
        if (pools.has(pool)) throw new NothingThereError(`no decision about pool ${pool} is kept of that time`)
        throw new NothingThereError(`no such pool; there are: ${[...pools.keys()].join(', ')}`)
      })
      const resource = toDecisionResource(found)
      if (json) print(JSON.stringify(resource, null, 2))
      else print(resource.report.join('\n'))
      if (at === undefined && isStale(found, now)) sayLoud('the next look is overdue: no autoscaler leads')
    })
}
