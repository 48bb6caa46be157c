import { freePorts } from '../../../infra/local/ports.ts'
import { setUpBroker } from '../../../infra/rabbitmq/set-up.ts'
import { type Child, startChild } from '../child.ts'
import { type Measured, median } from '../latency.ts'
import { cpuSeconds } from '../proc.ts'
import { type BenchStack, startBenchStack } from '../servers.ts'

/** How traces are set up, each in an api and a worker of its own. */
const VARIANTS = {
  off: {},
  'ratio 0': { OTEL_TRACES_SAMPLER_ARG: '0' },
  'ratio 0.01': { OTEL_TRACES_SAMPLER_ARG: '0.01' },
  'ratio 1': { OTEL_TRACES_SAMPLER_ARG: '1' },
} as const
type Variant = keyof typeof VARIANTS
const NAMES = Object.keys(VARIANTS) as Variant[]

export interface TracesOptions {
  readonly concurrency: number
  readonly rounds: number
  readonly durationMs: number
  readonly warmUpMs: number
  readonly say: (line: string) => void
}

/** Of all rounds together: they are short and in turn, so a drift of the machine meets every variant alike. */
export interface TracesRow {
  readonly variant: Variant
  readonly perSecond: number
  readonly p50: number
  /** CPU time of api and worker for a check */
  readonly cpuUs: number
  readonly errorCount: number
  /** checks a second over those without traces */
  readonly toOff: number
  /** CPU time over that without traces */
  readonly cpuToOff: number
}

/** Until the code of every process is as quick as it gets. */
const COLD_MS = 4_000

/** Everybody comes first as often as anybody else. */
const inTurn = (round: number): readonly Variant[] => {
  const at = round % NAMES.length
  return [...NAMES.slice(at), ...NAMES.slice(0, at)]
}

interface Round extends Measured {
  readonly cpuMs: number
  /** checks that it paid for, those of the warm-up among them */
  readonly paidCount: number
}

const beside = (name: string): URL => new URL(`./${name}.ts`, import.meta.url)
const syncPath = (name: string): URL => new URL(`../sync-path/${name}.ts`, import.meta.url)

/** One api and one worker on a pool of their own, and how to call them. */
const startVariant = async (stack: BenchStack, variant: Variant, receiverUrl: string, caller: Child) => {
  const pool = `traces-${NAMES.indexOf(variant)}`
  const { api: port } = await freePorts(['api'], {})
  await setUpBroker(stack.env.RABBITMQ_URL as string, [pool])
  const url = `http://127.0.0.1:${port}`
  const env = {
    ...stack.env,
    POOLS: `${pool}=liveness`,
    API_PORT: String(port),
    API_PUBLIC_URL: url,
    ...(variant !== 'off' && { OTEL_EXPORTER_OTLP_ENDPOINT: receiverUrl }),
    ...VARIANTS[variant],
  }
  const api = await startChild(syncPath('no-op-api'), env)
  const worker = await startChild(new URL('../../../worker/main.ts', import.meta.url), {
    ...env,
    WORKER_POOL: pool,
    WORKER_TASK_MODULE: syncPath('no-op-task').href,
    WORKER_BATCH_MAX: '64',
  })
  const cpu = () => cpuSeconds(api.pid) + cpuSeconds(worker.pid)
  const run = async (load: object): Promise<Round> => {
    const [before, path] = [cpu(), '/v1/no-op']
    const measured = await caller.ask<Measured>({ url, path, apiKey: stack.apiKey, ...load })
    // The warm-up's checks have been paid for too, at the same rate.
    const { durationMs, warmUpMs } = load as TracesOptions
    const paidCount = measured.perSecond * ((durationMs + warmUpMs) / 1000)
    return { ...measured, cpuMs: (cpu() - before) * 1_000, paidCount }
  }
  return { children: [worker, api], run }
}

/** What traces cost the synchronous path with a task that does nothing: off, on for none, for one in a hundred, for all. */
export const measureTraces = async (options: TracesOptions): Promise<readonly TracesRow[]> => {
  const { concurrency, rounds, durationMs, warmUpMs, say } = options
  const stack = await startBenchStack('liveness=liveness')
  const children: Child[] = []
  try {
    const { receiver: port } = await freePorts(['receiver'], {})
    children.push(await startChild(beside('receiver'), { ...stack.env, RECEIVER_PORT: String(port) }))
    const caller = await startChild(syncPath('http-load'), stack.env)
    children.push(caller)
    const runs = new Map<Variant, (load: object) => Promise<Round>>()
    for (const variant of NAMES) {
      const started = await startVariant(stack, variant, `http://127.0.0.1:${port}`, caller)
      children.push(...started.children)
      runs.set(variant, started.run)
    }
    // A process that has just begun is slow, and the first one here would pay for all.
    for (const run of runs.values()) await run({ concurrency, durationMs: COLD_MS, warmUpMs: 0 })
    const measured: Record<Variant, Round[]> = { off: [], 'ratio 0': [], 'ratio 0.01': [], 'ratio 1': [] }
    for (let round = 1; round <= rounds; round += 1)
      for (const variant of inTurn(round)) {
        const one = (await runs.get(variant)?.({ concurrency, durationMs, warmUpMs })) as Round
        measured[variant].push(one)
        say(`round ${round} ${variant}: ${one.perSecond.toFixed(0)}/s, ${one.cpuMs.toFixed(0)} ms of CPU`)
      }
    return NAMES.map((variant) => rowOf(variant, measured[variant], measured.off))
  } finally {
    for (const child of children.toReversed()) await child.stop()
    await stack.stop()
  }
}

const rowOf = (variant: Variant, rounds: readonly Round[], off: readonly Round[]): TracesRow => {
  const [own, without] = [wholeOf(rounds), wholeOf(off)]
  return {
    variant,
    ...own,
    p50: median(rounds.map(({ p50 }) => p50)),
    errorCount: rounds.reduce((sum, { errorCount }) => sum + errorCount, 0),
    toOff: own.perSecond / without.perSecond,
    cpuToOff: own.cpuUs / without.cpuUs,
  }
}

const wholeOf = (rounds: readonly Round[]) => {
  const sum = (read: (round: Round) => number) => rounds.reduce((total, round) => total + read(round), 0)
  const perSecond = sum((round) => round.perSecond) / rounds.length
  return { perSecond, cpuUs: sum(({ cpuMs }) => cpuMs * 1_000) / sum(({ paidCount }) => paidCount) }
}
