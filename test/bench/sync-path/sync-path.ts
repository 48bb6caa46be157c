import { type Child, startChild } from '../child.ts'
import { type Measured, median } from '../latency.ts'
import { startBenchStack } from '../servers.ts'

const SYSTEMS = ['echo', 'muster', 'bullmq'] as const
type System = (typeof SYSTEMS)[number]

export interface SyncPathOptions {
  readonly concurrencies: readonly number[]
  readonly rounds: number
  readonly durationMs: number
  readonly warmUpMs: number
  readonly say: (line: string) => void
}

/** Medians over the rounds; ratios are medians of each round's own ratio, so a drift of the machine cancels out. */
export interface SyncPathRow {
  readonly concurrency: number
  readonly systems: Readonly<Record<System, Measured>>
  /** rate of Muster over rate of the bare echo */
  readonly toEcho: number
  /** rate of Muster over rate of BullMQ with the same rows */
  readonly toBullmq: number
  /** p50 of Muster over p50 of the echo */
  readonly p50ToEcho: number
}

const programs = (name: string): URL => new URL(`./${name}.ts`, import.meta.url)

const medianOf = (rounds: readonly Measured[]): Measured => {
  const of = (read: (one: Measured) => number) => median(rounds.map(read))
  return {
    count: of(({ count }) => count),
    errorCount: rounds.reduce((sum, { errorCount }) => sum + errorCount, 0),
    perSecond: of(({ perSecond }) => perSecond),
    p50: of(({ p50 }) => p50),
    p95: of(({ p95 }) => p95),
    p99: of(({ p99 }) => p99),
  }
}

/**
 * The synchronous path with a task that does nothing, between a bare echo on the same broker and a peer that does the
 * same job. One system at a time, in turn, on the same machine, broker and database.
 */
export const measureSyncPath = async (options: SyncPathOptions): Promise<readonly SyncPathRow[]> => {
  const stack = await startBenchStack('liveness=liveness')
  const children: Child[] = []
  const start = async (program: URL, extra: Readonly<Record<string, string>> = {}) => {
    const child = await startChild(program, { ...stack.env, ...extra })
    children.push(child)
    return child
  }
  try {
    await start(programs('echo-server'))
    const echo = await start(programs('echo-client'))
    await start(programs('no-op-api'))
    await start(new URL('../../../worker/main.ts', import.meta.url), {
      WORKER_POOL: 'liveness',
      WORKER_TASK_MODULE: programs('no-op-task').href,
      WORKER_BATCH_MAX: '64',
    })
    await start(programs('bullmq-worker'))
    await start(programs('bullmq-api'))
    const caller = await start(programs('http-load'))
    const http = (url: string, path: string) => (load: object) =>
      caller.ask<Measured>({ url, path, apiKey: stack.apiKey, ...load })
    const run: Record<System, (load: object) => Promise<Measured>> = {
      echo: (load) => echo.ask<Measured>(load),
      muster: http(stack.apiUrl, '/v1/no-op'),
      bullmq: http(`http://127.0.0.1:${stack.env.PORT}`, '/check'),
    }
    const rows: SyncPathRow[] = []
    for (const concurrency of options.concurrencies) rows.push(await measureRow(concurrency, run, options))
    return rows
  } finally {
    for (const child of children.toReversed()) await child.stop()
    await stack.stop()
  }
}

const measureRow = async (
  concurrency: number,
  run: Readonly<Record<System, (load: object) => Promise<Measured>>>,
  { rounds, durationMs, warmUpMs, say }: SyncPathOptions,
): Promise<SyncPathRow> => {
  const measured: Record<System, Measured[]> = { echo: [], muster: [], bullmq: [] }
  for (let round = 1; round <= rounds; round += 1) {
    for (const system of SYSTEMS) {
      const one = await run[system]({ concurrency, durationMs, warmUpMs })
      measured[system].push(one)
      say(`c=${concurrency} round ${round} ${system}: ${one.perSecond.toFixed(0)}/s, p50 ${one.p50.toFixed(2)} ms`)
    }
  }
  const ratio = (over: System, read: (one: Measured) => number) =>
    median(measured.muster.map((one, round) => read(one) / read(measured[over][round] as Measured)))
  return {
    concurrency,
    systems: { echo: medianOf(measured.echo), muster: medianOf(measured.muster), bullmq: medianOf(measured.bullmq) },
    toEcho: ratio('echo', ({ perSecond }) => perSecond),
    toBullmq: ratio('bullmq', ({ perSecond }) => perSecond),
    p50ToEcho: ratio('echo', ({ p50 }) => p50),
  }
}
