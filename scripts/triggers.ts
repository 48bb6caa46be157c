import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import type { TriggersByPool } from '../autoscaler/triggers/trigger-file.ts'
import type { Trigger } from '../infra/domain/trigger.ts'
import { NothingThereError, UsageError } from './exit-code.ts'
import { print, say, sayGood, sayLoud, table } from './output.ts'

interface Json {
  readonly json?: boolean
}

const EXAMPLES = `
Examples:
  ./muster triggers validate triggers.yaml                      is the file right? exit code 2 when it is not
  ./muster triggers try triggers.yaml                           ask each query now, and say what it would ask for
  ./muster triggers try --query 'sum(queue_ready)' --target 50  the same for a query that is in no file yet
  ./muster triggers list                                        what each said at the last look
`

const environment = async (program: Command): Promise<Readonly<Record<string, string | undefined>>> => {
  const { withEnvFile } = await import('./stack/env-file.ts')
  const { stackFolder } = await import('./stack/folder.ts')
  return withEnvFile(stackFolder(program.opts<{ dir?: string }>().dir).env, process.env)
}

const readFileOf = async (
  path: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<TriggersByPool> => {
  const file = path ?? env.TRIGGERS_FILE
  if (!file) throw new UsageError('name a file, or set TRIGGERS_FILE')
  const { parseTriggers } = await import('../autoscaler/triggers/trigger-file.ts')
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UsageError('the file cannot be read', { cause })
  })
  return parseTriggers(text)
}

const registerValidate = (triggers: Command, program: Command): void => {
  triggers
    .command('validate')
    .summary('is a file of triggers right?')
    .description('Names every problem with its line. It asks nobody: ./muster triggers try does.')
    .argument('[file]', 'TRIGGERS_FILE unless told')
    .action(async (path: string | undefined) => {
      const pools = await readFileOf(path, await environment(program))
      for (const [pool, list] of pools) say(`${pool}: ${list.map(({ name }) => name).join(', ') || 'no trigger'}`)
      sayGood('the triggers can be used')
    })
}

const LIST_HEADER = ['POOL', 'TRIGGER', 'STATE', 'VALUE', 'A NODE', 'WANTS', 'ASKS FOR', 'AGE', 'WHY']

const registerList = (triggers: Command, program: Command): void => {
  triggers
    .command('list')
    .summary('what each trigger said at the last look, and how many nodes it asks for')
    .description('Read from the database: it works while the autoscaler and Prometheus are away.')
    .option('--json', 'for programs: what HTTP answers')
    .action(async ({ json }: Json) => {
      const { withFleet } = await import('./fleet-database.ts')
      const { triggersOf } = await import('../autoscaler/routes/triggers.ts')
      const found = await withFleet(program, [], async ({ pools, decisions }) => {
        const last = await Promise.all([...pools.keys()].map((pool) => decisions.list({ pool, limit: 1 })))
        return last.flat().flatMap((decision) => triggersOf(decision, Date.now()))
      })
      if (json) return print(JSON.stringify({ triggers: found }, null, 2))
      if (found.length === 0)
        return say('no pool had a trigger at its last look; TRIGGERS_FILE of the autoscaler names some')
      const rows = found.map(({ pool, name, state, value, targetPerNode, wanted, asks, ageSeconds, why }) => [
        ...[pool, name, state, value === null ? '-' : String(Number(value.toPrecision(4))), String(targetPerNode)],
        ...[wanted === null ? '-' : String(wanted), String(asks)],
        ...[ageSeconds === null ? '-' : `${Math.round(ageSeconds)} s`, why],
      ])
      print(table([LIST_HEADER, ...rows]))
    })
}

interface TryOptions extends Json {
  readonly query?: string
  readonly target?: string
  readonly pool?: string
  readonly name?: string
}

/** What is to be asked: those of a file, or one that is in no file yet. */
const toTry = async (
  path: string | undefined,
  { query, target, pool, name }: TryOptions,
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly (readonly [pool: string, trigger: Trigger])[]> => {
  if (query === undefined) {
    const all = [...(await readFileOf(path, env))].flatMap(([one, list]) =>
      list.map((trigger) => [one, trigger] as const),
    )
    const wanted = all.filter(([one, trigger]) => (pool ?? one) === one && (name ?? trigger.name) === trigger.name)
    if (wanted.length === 0) throw new NothingThereError('the file has no such trigger')
    return wanted
  }
  if (path !== undefined) throw new UsageError('give a file or --query, not both')
  const { parseTrigger } = await import('../autoscaler/triggers/trigger-fields.ts')
  const { trigger, problems } = parseTrigger({ name: name ?? 'query', query, targetPerNode: Number(target ?? 1) })
  if (!trigger) throw new UsageError(problems.map(({ field, problem }) => `${field} ${problem}`).join('; '))
  return [[pool ?? '-', trigger]]
}

const openQuery = async (env: Readonly<Record<string, string | undefined>>) => {
  const { createMetricQuery } = await import('../infra/prometheus/metric-query.ts')
  const { readSecretFile } = await import('../infra/runtime/secret-file.ts')
  const { PROMETHEUS_URL: url, PROMETHEUS_TOKEN, PROMETHEUS_TOKEN_FILE } = env
  if (!url) throw new UsageError('set PROMETHEUS_URL')
  const token = () => PROMETHEUS_TOKEN || (PROMETHEUS_TOKEN_FILE ? readSecretFile(PROMETHEUS_TOKEN_FILE) : undefined)
  return createMetricQuery({ url, token })
}

const registerTry = (triggers: Command, program: Command): void => {
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
      const env = await environment(program)
      const wanted = await toTry(path, options, env)
      const query = await openQuery(env)
      const { askTrigger } = await import('../autoscaler/triggers/read-triggers.ts')
      const { judgeTriggers } = await import('../autoscaler/triggers/judge.ts')
      const { toTriggerResource } = await import('../autoscaler/routes/triggers.ts')
      const { systemClock } = await import('../infra/runtime/clock.ts')
      const tried = await Promise.all(
        wanted.map(async ([pool, trigger]) => {
          const answer = await askTrigger({ query, clock: systemClock }, trigger.query)
          const { readings } = judgeTriggers([{ trigger: { ...trigger, forMs: 0 }, answer }], new Map(), Date.now())
          return readings.map((reading) => ({ pool, ...toTriggerResource(reading) }))
        }),
      )
      const found = tried.flat()
      if (options.json) print(JSON.stringify({ triggers: found }, null, 2))
      else for (const { pool, why } of found) print(`${pool}: ${why}`)
      if (found.some(({ state }) => state === 'unknown')) {
        sayLoud('while a trigger is unknown no node of its pool goes')
        process.exitCode = 1
      }
    })
}

/** `./muster triggers validate|try|list` */
export const registerTriggers = (program: Command): void => {
  const triggers = program
    .command('triggers')
    .summary('custom triggers: pools that scale on queries of their own too')
    .addHelpText('after', EXAMPLES)
  registerValidate(triggers, program)
  registerTry(triggers, program)
  registerList(triggers, program)
}
