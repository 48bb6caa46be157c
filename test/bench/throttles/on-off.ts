import { freePorts } from '../../../infra/local/ports.ts'
import { setUpBroker } from '../../../infra/rabbitmq/set-up.ts'
import { type Child, startChild } from '../child.ts'
import { type Measured, median } from '../latency.ts'
import { cpuSeconds } from '../proc.ts'
import { type BenchStack, startBenchStack } from '../servers.ts'

/** Checks a second and their CPU time with minutes counted, over those without. */
export interface OnOff {
  readonly rounds: number
  readonly offPerSecond: number
  readonly onPerSecond: number
  /** of all rounds together: what else the machine does changes from second to second */
  readonly rateRatio: number
  readonly cpuRatio: number
}

const VARIANTS = ['on', 'off'] as const
type Variant = (typeof VARIANTS)[number]
const LOAD = { concurrency: 32, durationMs: 2_000, warmUpMs: 200 }
/** Until the code of every process is as quick as it gets. */
const COLD = { concurrency: 32, durationMs: 4_000, warmUpMs: 0 }

interface Round {
  readonly perSecond: number
  /** of api and worker (s) */
  readonly cpu: number
  readonly count: number
}

const program = (name: string): URL => new URL(`../sync-path/${name}.ts`, import.meta.url)

const startVariant = async (stack: BenchStack, variant: Variant, caller: Child, children: Child[]) => {
  const pool = `minutes-${variant}`
  const { api: port } = await freePorts(['api'], {})
  await setUpBroker(stack.env.RABBITMQ_URL as string, [pool])
  const url = `http://127.0.0.1:${port}`
  const own = { POOLS: `${pool}=liveness`, API_PORT: String(port), API_PUBLIC_URL: url }
  const env = { ...stack.env, ...own, ...(variant === 'off' && { MINUTES_FLUSH_MS: '0' }) }
  const api = await startChild(program('no-op-api'), env)
  const task = { WORKER_TASK_MODULE: program('no-op-task').href, WORKER_BATCH_MAX: '64' }
  const worker = await startChild(new URL('../../../worker/main.ts', import.meta.url), {
    ...{ ...env, ...task, WORKER_POOL: pool },
  })
  children.push(worker, api)
  const cpu = () => cpuSeconds(api.pid) + cpuSeconds(worker.pid)
  return async (load: typeof LOAD): Promise<Round> => {
    const before = cpu()
    const { perSecond } = await caller.ask<Measured>({ url, path: '/v1/no-op', apiKey: stack.apiKey, ...load })
    const count = (perSecond * (load.durationMs + load.warmUpMs)) / 1_000
    return { perSecond, cpu: cpu() - before, count }
  }
}

const countOf = (rounds: readonly Round[]): number => rounds.reduce((sum, { count }) => sum + count, 0)

/** For a check. */
const cpuOf = (rounds: readonly Round[]): number => rounds.reduce((sum, { cpu }) => sum + cpu, 0) / countOf(rounds)

/** What it costs the synchronous path, with a task that does nothing, that minutes are counted and told. */
export const measureOnOff = async (rounds: number): Promise<OnOff> => {
  const stack = await startBenchStack('liveness=liveness')
  const children: Child[] = []
  try {
    const caller = await startChild(program('http-load'), stack.env)
    children.push(caller)
    const on = await startVariant(stack, 'on', caller, children)
    const off = await startVariant(stack, 'off', caller, children)
    for (const run of [on, off]) await run(COLD)
    const all: { readonly on: Round; readonly off: Round }[] = []
    for (let round = 0; round < rounds; round += 1) {
      // Each comes first as often as the other.
      if (round % 2 === 0) all.push({ on: await on(LOAD), off: await off(LOAD) })
      else all.push({ off: await off(LOAD), on: await on(LOAD) })
    }
    return {
      rounds,
      offPerSecond: median(all.map((one) => one.off.perSecond)),
      onPerSecond: median(all.map((one) => one.on.perSecond)),
      rateRatio: countOf(all.map((one) => one.on)) / countOf(all.map((one) => one.off)),
      cpuRatio: cpuOf(all.map((one) => one.on)) / cpuOf(all.map((one) => one.off)),
    }
  } finally {
    for (const child of children.toReversed()) await child.stop()
    await stack.stop()
  }
}
