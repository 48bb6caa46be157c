import type { Command } from 'commander'
import { UsageError } from '../exit-code.ts'
import { print, sayLoud } from '../output.ts'
import { parsePeriod } from '../period.ts'
import { type Chosen, chosenTriggers, type Environment, environmentFor, prometheusOf } from './trigger-source.ts'

interface RecordOptions extends Chosen {
  readonly since: string
  readonly step: string
}

const MAX_STEPS = 1_000_000

const period = (text: string, option: string): number => {
  const ms = parsePeriod(text)
  if (ms === undefined || ms < 60_000) throw new UsageError(`${option} takes a time such as 5m, 24h or 21d`)
  return ms
}

/** The lines of the file, one for each step. */
const record = async (
  path: string | undefined,
  options: RecordOptions,
  env: Environment,
): Promise<readonly string[]> => {
  const [sinceMs, stepMs] = [period(options.since, '--since'), period(options.step, '--step')]
  if (sinceMs / stepMs > MAX_STEPS) throw new UsageError('that is too long a time in too small steps')
  const chosen = await chosenTriggers(path, options, env)
  const pools = new Set(chosen.map(([pool]) => pool))
  if (pools.size > 1) throw new UsageError(`say whose triggers: --pool ${[...pools].join(' | ')}`)
  const { createMetricHistory } = await import('../../infra/prometheus/metric-history.ts')
  const history = createMetricHistory(await prometheusOf(env))
  const until = Math.floor(Date.now() / stepMs) * stepMs
  const span = { from: until - sinceMs, until, stepMs }
  const columns = await Promise.all(
    chosen.map(async ([, { name, query }]) => {
      const said = await history.readSpan(query, span)
      if (said.kind === 'none') throw new UsageError(`${name}: ${said.why}`)
      const [warning] = said.warnings ?? []
      if (warning !== undefined) sayLoud(`${name}: something may be missing: ${warning}`)
      return { name, values: said.values }
    }),
  )
  const rows = (columns[0]?.values ?? []).map((_, step) => {
    const cells = columns.map(({ values }) => values[step] ?? '')
    return [new Date(span.from + step * stepMs).toISOString(), ...cells].join(',')
  })
  return [['timestamp', ...columns.map(({ name }) => name)].join(','), ...rows]
}

/** `./muster triggers record` */
export const registerRecord = (triggers: Command, program: Command): void => {
  triggers
    .command('record')
    .summary('what the queries of a file said until now, for ./muster simulate --trigger-trace')
    .description('Prints CSV from PROMETHEUS_URL; a value is empty where there was no number.')
    .argument('[file]', 'TRIGGERS_FILE unless told')
    .option('--since <period>', 'how far back: 24h, 21d', '21d')
    .option('--step <period>', 'between two values', '5m')
    .option('--pool <name>', 'whose triggers, where the file has several pools')
    .option('--name <trigger>', 'this one only')
    .action(async (path: string | undefined, options: RecordOptions) => {
      print((await record(path, options, await environmentFor(program))).join('\n'))
    })
}
