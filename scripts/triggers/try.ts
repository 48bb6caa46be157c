import type { Command } from 'commander'
import type { Trigger } from '../../infra/domain/trigger.ts'
import { UsageError } from '../exit-code.ts'
import { print, sayLoud } from '../output.ts'
import { type Chosen, chosenTriggers, type Environment, environmentFor, prometheusOf } from './trigger-source.ts'

interface TryOptions extends Chosen {
  readonly query?: string
  readonly target?: string
  readonly json?: boolean
}

/** What is to be asked: those of a file, or one that is in no file yet. */
const toTry = async (
  path: string | undefined,
  options: TryOptions,
  env: Environment,
): Promise<readonly (readonly [pool: string, trigger: Trigger])[]> => {
  const { query, target, pool, name } = options
  if (query === undefined) return chosenTriggers(path, options, env)
  if (path !== undefined) throw new UsageError('give a file or --query, not both')
  const { parseTrigger } = await import('../../autoscaler/triggers/trigger-fields.ts')
  const { trigger, problems } = parseTrigger({ name: name ?? 'query', query, targetPerNode: Number(target ?? 1) })
  if (!trigger) throw new UsageError(problems.map(({ field, problem }) => `${field} ${problem}`).join('; '))
  return [[pool ?? '-', trigger]]
}

const tryAll = async (path: string | undefined, options: TryOptions, env: Environment) => {
  const wanted = await toTry(path, options, env)
  const { createMetricQuery } = await import('../../infra/prometheus/metric-query.ts')
  const { askTrigger } = await import('../../autoscaler/triggers/read-triggers.ts')
  const { judgeTriggers } = await import('../../autoscaler/triggers/judge.ts')
  const { toTriggerResource } = await import('../../autoscaler/routes/triggers.ts')
  const { systemClock } = await import('../../infra/runtime/clock.ts')
  const query = createMetricQuery(await prometheusOf(env))
  const tried = wanted.map(async ([pool, trigger]) => {
    const answer = await askTrigger({ query, clock: systemClock }, trigger.query)
    const { readings } = judgeTriggers([{ trigger: { ...trigger, forMs: 0 }, answer }], new Map(), Date.now())
    return readings.map((reading) => ({ pool, ...toTriggerResource(reading) }))
  })
  return (await Promise.all(tried)).flat()
}

/** `./muster triggers try` */
export const registerTry = (triggers: Command, program: Command): void => {
  triggers
    .command('try')
    .summary('ask the queries of a file now, and say what each would ask for')
    .description(
      'Asks PROMETHEUS_URL and changes nothing. `for` is passed over. Exit code 1 when a query gives no number.',
    )
    .argument('[file]', 'TRIGGERS_FILE unless told')
    .option('--query <promql>', 'one query instead of a file')
    .option('--target <value>', 'of that query, for one node; 1 unless told')
    .option('--pool <name>', 'the triggers of this pool only')
    .option('--name <trigger>', 'this one only')
    .option('--json', 'for programs')
    .action(async (path: string | undefined, options: TryOptions) => {
      const found = await tryAll(path, options, await environmentFor(program))
      if (options.json) print(JSON.stringify({ triggers: found }, null, 2))
      else for (const { pool, why } of found) print(`${pool}: ${why}`)
      if (found.some(({ state }) => state === 'unknown')) {
        sayLoud('while a trigger is unknown no node of its pool goes')
        process.exitCode = 1
      }
    })
}
