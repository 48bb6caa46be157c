import { readFile, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import type { SimulateOptions, Simulation } from '../autoscaler/simulate/simulate.ts'
import { UsageError } from './exit-code.ts'
import { print, say, sayGood, table } from './output.ts'

interface Options {
  readonly trace: readonly string[]
  readonly capacity: number
  readonly boot: number
  readonly min: number
  readonly max: number
  readonly scaleP995?: number
  readonly warmupDays: number
  readonly schedule?: string
  readonly trigger?: string
  readonly triggerTrace?: string
  readonly pool?: string
  readonly decisions?: string
  readonly plot?: string
  readonly json?: boolean
}

const EXAMPLES = `
Examples:
  ./muster simulate                                         three made-up business weeks
  ./muster simulate --trace last-month.csv --plot out.svg   your own counts: a header \`timestamp,requests\`, equal intervals
  ./muster simulate --trace a.csv --trace b.csv --scale-p995 400 --json
  ./muster simulate --trace a.csv --trigger triggers.yaml --trigger-trace metrics.csv
`

const positive = (text: string): number => {
  const value = Number(text)
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('must be a number above 0')
  return value
}

const count = (text: string): number => {
  const value = positive(text)
  if (!Number.isInteger(value)) throw new InvalidArgumentError('must be a whole number above 0')
  return value
}

const days = (text: string): number => {
  const value = Number(text)
  if (!Number.isFinite(value) || value < 0) throw new InvalidArgumentError('must be a number of days')
  return value
}

const HEADER = ['TRACE', 'POLICY', 'NODE-HOURS', 'x ORACLE', 'LATE %', 'P99 DELAY S', 'ACTIONS/DAY', 'WORST HOUR']

const rowsOf = ({ trace, standings }: Simulation): string[][] =>
  standings.map(({ policy, nodeHours, costRatio, latePercent, p99DelaySeconds, actionsPerDay, worstHour }, index) => [
    index === 0 ? trace : '',
    policy,
    nodeHours.toFixed(0),
    costRatio.toFixed(3),
    latePercent.toFixed(3),
    p99DelaySeconds.toFixed(1),
    actionsPerDay.toFixed(0),
    worstHour.latePercent === 0 ? '-' : `${worstHour.at.slice(0, 13)}h ${worstHour.latePercent.toFixed(3)} %`,
  ])

/** What `--json` prints. Public: members are added, never renamed. */
const toJson = ({ trace, days: length, warmUpDays, oracleNodeHours, standings, triggers }: Simulation) => ({
  trace,
  days: length,
  warmUpDays,
  oracleNodeHours,
  policies: standings,
  ...(triggers && { triggers }),
})

const TRIGGER_HEADER = ['TRACE', 'TRIGGERS', 'NODE-HOURS', 'SHORT %', 'P95 MISSING', 'UNKNOWN %']

/** Muster without triggers and with them, beside each other. */
const triggerRowsOf = ({ trace, standings, triggers }: Simulation): string[][] =>
  triggers === undefined
    ? []
    : [triggers.without, triggers.with].map(({ shortPercent, p95MissingCount, unknownPercent }, index) => [
        index === 0 ? trace : '',
        index === 0 ? 'without' : 'with',
        (standings[index]?.nodeHours ?? 0).toFixed(0),
        shortPercent.toFixed(3),
        String(p95MissingCount),
        unknownPercent.toFixed(1),
      ])

const readTriggers = async ({ trigger, triggerTrace, pool }: Options): Promise<SimulateOptions['triggers']> => {
  if (trigger === undefined && triggerTrace === undefined) return undefined
  if (trigger === undefined || triggerTrace === undefined)
    throw new UsageError('--trigger and --trigger-trace belong together')
  const { parseTriggers } = await import('../autoscaler/triggers/trigger-file.ts')
  const { parseTriggerTrace } = await import('../autoscaler/simulate/trigger-trace.ts')
  const pools = parseTriggers(await readFile(trigger, 'utf8'))
  const [named, ...others] = [...pools.keys()]
  if (pool === undefined && others.length > 0)
    throw new UsageError(`say whose triggers: --pool ${[...pools.keys()].join(' | ')}`)
  const list = pools.get(pool ?? named ?? '') ?? []
  if (list.length === 0) throw new UsageError('the file has no trigger of this pool')
  return { list, trace: parseTriggerTrace(await readFile(triggerTrace, 'utf8')) }
}

const simulateAll = async (options: Options): Promise<readonly Simulation[]> => {
  const { parseTrace } = await import('../autoscaler/simulate/trace.ts')
  const { simulate } = await import('../autoscaler/simulate/simulate.ts')
  const { businessWeek } = await import('../autoscaler/simulate/business-week.ts')
  const { parseWindows } = await import('../autoscaler/simulate/window-file.ts')
  const settings = {
    triggers: await readTriggers(options),
    windows: options.schedule === undefined ? [] : parseWindows(await readFile(options.schedule, 'utf8')),
    capacity: options.capacity,
    bootSeconds: options.boot,
    minCount: options.min,
    maxCount: options.max,
    p995: options.scaleP995,
    warmUpDays: options.warmupDays,
  }
  if (options.trace.length === 0) return [simulate('business week', businessWeek(), settings)]
  const simulations: Simulation[] = []
  for (const path of options.trace)
    simulations.push(simulate(basename(path, '.csv'), parseTrace(await readFile(path, 'utf8')), settings))
  return simulations
}

/** Several traces get a file each: their name goes before the extension. */
const pathFor = (path: string, simulation: Simulation, several: boolean): string =>
  several ? path.replace(/(\.[^./]*)?$/, `.${simulation.trace.replaceAll(' ', '-')}$1`) : path

const writeFiles = async (options: Options, simulations: readonly Simulation[]): Promise<void> => {
  const { decisionsCsv } = await import('../autoscaler/simulate/simulate.ts')
  const { plotSvg } = await import('../autoscaler/simulate/plot.ts')
  const several = simulations.length > 1
  for (const one of simulations) {
    const wanted = [
      { path: options.decisions, text: () => decisionsCsv(one) },
      { path: options.plot, text: () => plotSvg(one, options.capacity) },
    ]
    for (const { path, text } of wanted) {
      if (path === undefined) continue
      await writeFile(pathFor(path, one, several), text())
      sayGood(`wrote ${pathFor(path, one, several)}`)
    }
  }
}

/** `./muster simulate` */
export const registerSimulate = (program: Command): void => {
  program
    .command('simulate')
    .summary('what the autoscaler would have done with a trace of requests, and what it would have cost')
    .addHelpText('after', EXAMPLES)
    .option('--trace <file>', 'CSV with the header `timestamp,requests`; may be given again', collect, [])
    .option('--capacity <checks/s>', 'of one node', positive, 10)
    .option('--boot <seconds>', 'from asking for a node to its first finished job', positive, 180)
    .option('--min <count>', 'nodes at least', count, 1)
    .option('--max <count>', 'nodes at most', count, 100)
    .option('--scale-p995 <checks/s>', 'rescale each trace so that its 99.5th percentile is this', positive)
    .option('--warmup-days <days>', 'days that are learned from and not counted; a third of the trace at most', days, 7)
    .option('--schedule <file>', 'windows that Muster keeps to beside its forecast: a JSON list of them')
    .option('--trigger <file>', 'custom triggers, as TRIGGERS_FILE has them; with --trigger-trace')
    .option('--trigger-trace <file>', 'CSV with the header `timestamp,<trigger>,...`; an empty value: it was not known')
    .option('--pool <name>', 'whose triggers, where the file has several pools')
    .option('--decisions <file>', "write the autoscaler's count at every control step, `timestamp,desired`")
    .option('--plot <file>', 'draw demand, count and late requests as SVG')
    .option('--json', 'for programs')
    .action(async (options: Options) => {
      const simulations = await simulateAll(options)
      if (options.json) print(JSON.stringify(simulations.map(toJson), null, 2))
      else {
        print(table([HEADER, ...simulations.flatMap(rowsOf)]))
        const triggered = simulations.flatMap(triggerRowsOf)
        if (triggered.length > 0) print(`\n${table([TRIGGER_HEADER, ...triggered])}`)
        say('x ORACLE: node-hours against somebody who knows the future. LATE: queued longer than 3 s.')
        if (triggered.length > 0)
          say('SHORT: of the time, fewer nodes worked than the triggers wanted. P95 MISSING: of those nodes.')
      }
      await writeFiles(options, simulations)
    })
}

const collect = (path: string, before: readonly string[]): readonly string[] => [...before, path]
