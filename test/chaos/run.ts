import { Campaign, type Findings } from './campaign.ts'
import type { Account } from './checker.ts'
import { type Fault, seeded, shuffled } from './fault.ts'
import { allFaults } from './faults/all.ts'
import { clusterFaults } from './faults/cluster.ts'
import { firedPoints, pointsOf } from './faults/crash-points.ts'
import { hasPassed, type Report } from './report.ts'
import { ChaosStack } from './stack.ts'

/** How a campaign is run. */
export interface ChaosOptions {
  /** rounds of all faults follow each other until this is over */
  readonly minutes: number
  /** rounds at most */
  readonly rounds?: number
  /** decides the order of everything */
  readonly seed: number
  /** of the stack whose broker is one node; all unless told */
  readonly faults?: readonly Fault[]
  /** whether a second stack, whose broker is a cluster, gets its share of the time; so it does unless told */
  readonly withCluster?: boolean
  /** told what happens, as it happens */
  readonly say: (line: string) => void
  /** ends the campaign at once, without findings */
  readonly signal?: AbortSignal
  /** called with what the processes wrote, whenever a stack ends */
  readonly onLog?: (text: string) => void
}

/** What one stack came to. */
interface Part {
  readonly findings: Findings
  readonly notInjected: Report['notInjected']
  readonly crashPoints: Report['crashPoints']
}

/** Of the minutes, for the cluster: enough for one round of its faults and its start. */
const CLUSTER_MINUTES = 4
/** Below it every minute is the first stack's. */
const LEAST_MINUTES_FOR_BOTH = 10

const inSeconds = (ms: number | undefined): string => (ms === undefined ? 'not yet' : `${(ms / 1000).toFixed(1)} s`)

const runRounds = async (
  campaign: Campaign,
  faults: readonly Fault[],
  { minutes, rounds = Number.POSITIVE_INFINITY, say }: ChaosOptions,
  random: () => number,
): Promise<Report['notInjected']> => {
  const until = performance.now() + minutes * 60_000
  const isOver = () => performance.now() >= until
  const refused = new Map(faults.flatMap((fault) => ((why) => (why ? [[fault.name, why]] : []))(fault.impossible?.())))
  const done = new Set<string>()
  for (let round = 1; round <= rounds && !isOver(); round += 1) {
    for (const fault of shuffled(faults, random)) {
      if (refused.has(fault.name) || isOver()) continue
      say(`${fault.name} ...`)
      try {
        const step = await campaign.run(fault)
        done.add(fault.name)
        say(`${fault.name}: injected ${step.injectedCount}, goodput back after ${inSeconds(step.recoveryMs)}`)
      } catch (error) {
        refused.set(fault.name, `it failed: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`)
        say(`${fault.name}: ${refused.get(fault.name)}`)
      }
    }
  }
  return faults
    .filter(({ name }) => !done.has(name))
    .map(({ name }) => ({ fault: name, why: refused.get(name) ?? 'the time was up' }))
}

/** One stack from its start to its end. Everything is cleaned up, whatever happens. */
const runPart = async (stack: ChaosStack, faults: readonly Fault[], options: ChaosOptions): Promise<Part> => {
  const { seed, say, signal, onLog } = options
  const random = seeded(seed)
  const work = async (): Promise<Part> => {
    say('starting a stack')
    await stack.start()
    const campaign = new Campaign(stack, random)
    await campaign.start()
    const notInjected = await runRounds(campaign, faults, options, random)
    say('waiting for the last jobs')
    const findings = await campaign.finish()
    const died = [...new Set(firedPoints(stack))].sort()
    const notReached = (['api', 'worker'] as const).flatMap((role) => pointsOf(stack, role).never)
    return { findings, notInjected, crashPoints: { died, notReached } }
  }
  const abandoned = Promise.withResolvers<never>()
  const abandon = () => abandoned.reject(new Error('interrupted'))
  if (signal?.aborted) abandon()
  signal?.addEventListener('abort', abandon, { once: true })
  try {
    return await Promise.race([work(), abandoned.promise])
  } finally {
    signal?.removeEventListener('abort', abandon)
    onLog?.(stack.log())
    await stack.stop()
  }
}

const addAccounts = (one: Account, other: Account): Account => {
  const { violations, ...counts } = one
  const sums = Object.entries(counts).map(([name, count]) => [name, count + Number(other[name as keyof Account])])
  return { ...Object.fromEntries(sums), violations: [...violations, ...other.violations] } as Account
}

const join = (one: Part, other: Part): Part => ({
  findings: {
    steps: [...one.findings.steps, ...other.findings.steps],
    total: addAccounts(one.findings.total, other.findings.total),
    refusals: new Map([...one.findings.refusals, ...other.findings.refusals]),
  },
  notInjected: [...one.notInjected, ...other.notInjected],
  crashPoints: one.crashPoints,
})

/** Start a stack of its own, harm it under load, and judge every job that was promised; then another with a cluster. */
export const runChaos = async (options: ChaosOptions): Promise<Report> => {
  const { minutes, seed, faults = allFaults(), withCluster = true } = options
  const both = withCluster && minutes >= LEAST_MINUTES_FOR_BOTH
  const first = await runPart(new ChaosStack(), faults, {
    ...options,
    minutes: both ? minutes - CLUSTER_MINUTES : minutes,
  })
  const whole = both
    ? join(first, await runPart(new ChaosStack('cluster'), clusterFaults, { ...options, minutes: CLUSTER_MINUTES }))
    : {
        ...first,
        notInjected: [
          ...first.notInjected,
          ...(withCluster ? clusterFaults.map(({ name }) => ({ fault: name, why: 'the time was too short' })) : []),
        ],
      }
  return { seed, minutes, passed: hasPassed(whole.findings), ...whole }
}
