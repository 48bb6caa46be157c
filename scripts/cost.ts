import { type Command, Option } from 'commander'
import { UsageError } from './exit-code.ts'
import { print, say } from './output.ts'
import { parseMoment } from './webhooks.ts'

interface CostFlags {
  readonly prices: string
  readonly from: string
  readonly to?: string
  readonly json?: boolean
  readonly csv?: boolean
}

const tellCost = async (program: Command, flags: CostFlags): Promise<void> => {
  const { hourOf, HOUR_MS } = await import('../autoscaler/node-hours/node-hours.ts')
  const { readPrices } = await import('../infra/cost/price-file.ts')
  const now = Date.now()
  const from = hourOf(parseMoment(flags.from, now))
  const end = Math.min(now, flags.to === undefined ? now : parseMoment(flags.to, now))
  const until = hourOf(end - 1) + HOUR_MS
  if (end <= from) throw new UsageError('--to must be after --from, and --from in the past')
  const prices = readPrices(flags.prices)
  const { withFleet } = await import('./fleet-database.ts')
  const { readMeasured } = await import('../autoscaler/node-hours/read-measured.ts')
  const measured = await withFleet(program, [], (fleet) =>
    readMeasured(fleet, [...fleet.pools.keys()], { from, until, now }),
  )
  const { account } = await import('../infra/cost/account.ts')
  const { costCsv, costTable } = await import('./cost/render.ts')
  const report = account(measured, prices, from, Math.min(until, now))
  if (flags.json) print(JSON.stringify(report, null, 2))
  else print(flags.csv ? costCsv(report) : costTable(report))
  for (const note of report.notes) say(note)
}

/** `./muster cost` */
export const registerCost = (program: Command): void => {
  program
    .command('cost')
    .summary('what nodes cost, by pool, model and tenant')
    .description(
      'Node time of whole hours at the prices of a file, divided by what workers were busy with; what nobody used is a line of\n' +
        'its own. Read from the database alone. docs/cost.md says exactly what is counted, and how a price file is written.',
    )
    .requiredOption('--prices <file>', 'JSON: what a node costs an hour, and which node each pool has')
    .option('--from <moment>', '24h ago, 3d, a date or an instant; a part of an hour counts as the whole', '30d')
    .option('--to <moment>', 'now unless told')
    .addOption(new Option('--json', 'for programs').conflicts('csv'))
    .option('--csv', 'for spreadsheets')
    .action((flags: CostFlags) => tellCost(program, flags))
}
