import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { UsageError } from './exit-code.ts'
import { print, say, sayDim, table } from './output.ts'
import { ROOT } from './stack/folder.ts'

/** The parts of the benchmark, in the order they run. */
const PARTS = ['sync', 'tasks', 'overload', 'accuracy', 'forecast', 'partitions', 'traces', 'bottleneck'] as const
type Part = (typeof PARTS)[number]

interface BenchOptions {
  readonly json?: boolean
  readonly quick?: boolean
  readonly rounds?: string
  readonly minutes?: string
}

/** One part's rows for a program, and its tables for a person. */
interface Report {
  readonly data: unknown
  readonly text: string
}

const figure = (value: number, digits = 1): string => value.toFixed(digits)

const sync = async ({ quick, rounds }: BenchOptions): Promise<Report> => {
  const { measureSyncPath } = await import('../test/bench/sync-path/sync-path.ts')
  const rows = await measureSyncPath({
    concurrencies: [1, 32, 256],
    rounds: Number(rounds ?? (quick ? 1 : 3)),
    durationMs: quick ? 1_500 : 4_000,
    warmUpMs: quick ? 500 : 1_500,
    say: sayDim,
  })
  const head = [
    'callers',
    'echo/s',
    'Muster/s',
    'BullMQ/s',
    'of echo',
    'x BullMQ',
    'p50 ms',
    'p95 ms',
    'p50 x echo',
    'errors',
  ]
  const body = rows.map(({ concurrency, systems: { echo, muster, bullmq }, toEcho, toBullmq, p50ToEcho }) => [
    String(concurrency),
    figure(echo.perSecond, 0),
    figure(muster.perSecond, 0),
    figure(bullmq.perSecond, 0),
    figure(toEcho, 2),
    figure(toBullmq, 2),
    figure(muster.p50, 2),
    figure(muster.p95, 2),
    figure(p50ToEcho, 1),
    String(muster.errorCount + bullmq.errorCount),
  ])
  return { data: rows, text: table([head, ...body]) }
}

const tasks = async ({ quick }: BenchOptions): Promise<Report> => {
  const { measureTasks } = await import('../test/bench/tasks/tasks.ts')
  const rows = await measureTasks({
    batchSizes: [1, 4],
    concurrency: 8,
    durationMs: quick ? 3_000 : 8_000,
    warmUpMs: quick ? 1_000 : 3_000,
    say: sayDim,
  })
  const head = [
    'task',
    'batch',
    'checks/s',
    'bare/s',
    'of bare',
    'per core-s',
    'p50',
    'p95',
    'p99 ms',
    'cold start s',
    'worker MB rest',
    'busy',
    'api MB',
    'errors',
  ]
  const body = rows.map((row) => [
    row.task,
    String(row.batchSize),
    figure(row.checks.perSecond),
    figure(row.barePerSecond),
    figure(row.toBare, 2),
    figure(row.perCoreSecond),
    figure(row.checks.p50, 0),
    figure(row.checks.p95, 0),
    figure(row.checks.p99, 0),
    figure(row.coldStartMs / 1000, 1),
    figure(row.restMb.worker, 0),
    figure(row.afterWorkMb.worker, 0),
    figure(row.afterWorkMb.api, 0),
    String(row.checks.errorCount),
  ])
  return { data: rows, text: table([head, ...body]) }
}

const overload = async ({ quick, minutes }: BenchOptions): Promise<Report> => {
  const { measureOverload } = await import('../test/bench/overload/overload.ts')
  const { capacity, rows } = await measureOverload({
    levels: minutes === undefined ? [0.5, 1, 2, 4] : [2],
    durationMs: minutes === undefined ? (quick ? 6_000 : 30_000) : Number(minutes) * 60_000,
    deadlineMs: quick ? 4_000 : 10_000,
    say: sayDim,
  })
  const head = [
    'load',
    'offered/s',
    'goodput/s',
    'of possible',
    'refused',
    'expired',
    'model ms on those',
    'late',
    'p50 ms',
    'p95 ms',
    'quiet p95',
    'quiet refused',
    'back after',
    'errors',
  ]
  const body = rows.map((row) => [
    `${row.level} x`,
    figure(row.offered, 0),
    figure(row.goodput),
    figure(row.ofPossible, 2),
    `${figure(row.refusedRatio * 100, 0)} %`,
    String(row.expiredCount),
    figure(row.expiredModelMs, 0),
    String(row.lateCount),
    figure(row.p50, 0),
    figure(row.p95, 0),
    figure(row.quietP95, 0),
    String(row.quietRefusedCount),
    `${figure(row.recoveredToDeadline, 2)} deadlines`,
    String(row.errorCount),
  ])
  return { data: { capacity, rows }, text: `capacity ${figure(capacity)} jobs/s\n${table([head, ...body])}` }
}

const accuracy = async (): Promise<Report> => {
  const { measureFaceAccuracy, formatFaceAccuracy } = await import('../test/bench/accuracy-faces.ts')
  const { measureOcrAccuracy, formatOcrAccuracy } = await import('../test/bench/accuracy-ocr.ts')
  const faces = await measureFaceAccuracy()
  const ocr = await measureOcrAccuracy()
  return { data: { faces, ocr }, text: `${formatFaceAccuracy(faces)}\n\n${formatOcrAccuracy(ocr)}` }
}

const forecast = async (): Promise<Report> => {
  const { measureForecast } = await import('../test/bench/forecast/forecast.ts')
  const speed = measureForecast()
  const { historyMinutes, learningMs, p50Ms, p95Ms, toLimit } = speed
  const head = ['history min', 'learned in s', 'p50 ms', 'p95 ms', 'p95 of 50 ms']
  const row = [
    String(historyMinutes),
    figure(learningMs / 1_000),
    figure(p50Ms, 3),
    figure(p95Ms, 3),
    figure(toLimit, 4),
  ]
  return { data: speed, text: table([head, row]) }
}

const partitions = async (options: BenchOptions): Promise<Report> => {
  const { reportPartitions } = await import('./bench/partitions.ts')
  return reportPartitions(options, sayDim)
}

const traces = async (options: BenchOptions): Promise<Report> => {
  const { reportTraces } = await import('./bench/traces.ts')
  return reportTraces(options, sayDim)
}

const bottleneck = async (options: BenchOptions): Promise<Report> => {
  const { reportBottleneck } = await import('./bench/bottleneck.ts')
  return reportBottleneck(options, sayDim)
}

const RUN: Readonly<Record<Part, (options: BenchOptions) => Promise<Report>>> = {
  ...{ sync, tasks, overload, accuracy, forecast, partitions, traces, bottleneck },
}

const isPart = (name: string): name is Part => (PARTS as readonly string[]).includes(name)

const run = async (names: readonly string[], options: BenchOptions): Promise<void> => {
  const unknown = names.find((name) => !isPart(name))
  if (unknown !== undefined)
    throw new UsageError(`no part of the benchmark is called ${unknown}; there are ${PARTS.join(', ')}`)
  const parts = names.length > 0 ? names.filter(isPart) : PARTS
  const data: Record<string, unknown> = {
    at: new Date().toISOString(),
    machine: { cpu: cpus()[0]?.model, coreCount: availableParallelism(), node: process.version },
  }
  for (const part of parts) {
    say(`measuring: ${part}`)
    const report = await RUN[part](options)
    data[part] = report.data
    if (!options.json) print(`\n${part}\n${report.text}\n`)
  }
  const dir = join(ROOT, '.muster', 'bench')
  mkdirSync(dir, { recursive: true })
  const file = join(dir, `${String(data.at).replaceAll(':', '-')}.json`)
  const json = JSON.stringify(
    data,
    (_key, value) => (typeof value === 'number' ? Number(value.toPrecision(6)) : value),
    2,
  )
  writeFileSync(file, `${json}\n`)
  if (options.json) print(json)
  say(`written to ${file}`)
}

/** `./muster bench` */
export const registerBench = (program: Command): void => {
  program
    .command('bench')
    .summary('how fast, as ratios against a stated limit')
    .description(
      'Measure on private servers of its own: the synchronous path against a bare echo and BullMQ (sync), every task\n' +
        'against its bare model, with memory and cold start (tasks), what is left of it under too much load (overload), how right the models\n' +
        'are (accuracy), how long it takes to say how many nodes come next (forecast), what jobs in days cost (partitions), what\n' +
        'traces cost (traces), and whether the bottleneck is named, whichever hop is throttled (bottleneck).',
    )
    .argument('[parts...]', `which of ${PARTS.join(', ')}; all unless told`)
    .option('--quick', 'shorter rounds: to see that it works, not to quote')
    .option('--rounds <count>', 'rounds of the synchronous path, of days, of traces and of minutes')
    .option('--minutes <count>', 'overload: hold twice the capacity for so long')
    .option('--json', 'print the figures as JSON, and nothing else on stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  ./muster bench\n  ./muster bench sync --rounds 9\n  ./muster bench accuracy --json\n',
    )
    .action(run)
}
