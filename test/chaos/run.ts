import { Campaign, type Findings, type Step } from './campaign.ts'
import { type Account, check } from './checker.ts'
import { type Fault, seeded, shuffled } from './fault.ts'
import { allFaults } from './faults/all.ts'
import { clusterFaults } from './faults/cluster.ts'
import { crashPointsOf } from './faults/crash-points.ts'
import { hasPassed, type Report } from './report.ts'
import { ChaosStack } from './stack.ts'
import { startVisitors } from './visitors.ts'

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
  /** of a second stack, whose broker is a cluster and which gets its share of the time; all unless told */
  readonly clusterFaults?: readonly Fault[]
  /** somebody uses everything else that the api offers, and housekeeping is quick: every crash point is passed */
  readonly withVisitors?: boolean
  /** told what happens, as it happens */
  readonly say: (line: string) => void
  /** ends the campaign at once, with what was found so far */
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

const NOTHING: Part = {
  findings: {
    steps: [],
    total: check({ attempts: [], acknowledgements: [], observations: [], runs: [] }),
    refusals: new Map(),
  },
  notInjected: [],
  crashPoints: { known: [], armed: [], died: [] },
}

/** Of the minutes, for the cluster: enough for one round of its faults and its start. */
const CLUSTER_MINUTES = 4
/** Below it every minute is the first stack's. */
const LEAST_MINUTES_FOR_BOTH = 10

const inSeconds = (ms: number | undefined): string => (ms === undefined ? 'not yet' : `${(ms / 1000).toFixed(1)} s`)

const outcomeOf = ({ injectedCount, recoveryMs, lastJobMs, lastJobAfter }: Omit<Step, 'account'>): string =>
  `injected ${injectedCount}, goodput back after ${inSeconds(recoveryMs)}, last job after ${inSeconds(lastJobMs)}${lastJobAfter ? ` (${lastJobAfter})` : ''}`

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
        say(`${fault.name}: ${outcomeOf(step)}`)
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

/** What came of it, as far as it went. */
const toPart = (stack: ChaosStack, findings: Findings, notInjected: Report['notInjected']): Part => ({
  findings,
  notInjected,
  crashPoints: crashPointsOf(stack),
})

const work = async (
  stack: ChaosStack,
  campaign: Campaign,
  faults: readonly Fault[],
  options: ChaosOptions,
  random: () => number,
): Promise<Part> => {
  const visitors = options.withVisitors ? await startVisitors(stack) : undefined
  await campaign.start()
  const notInjected = await runRounds(campaign, faults, options, random)
  await visitors?.stop()
  options.say('waiting for the last jobs')
  return toPart(stack, await campaign.finish(), notInjected)
}

/** One stack from its start to its end. Everything is cleaned up, whatever happens. */
const runPart = async (broker: 'node' | 'cluster', faults: readonly Fault[], options: ChaosOptions): Promise<Part> => {
  const { seed, say, signal, onLog, withVisitors } = options
  if (signal?.aborted) return NOTHING
  const stack = new ChaosStack(broker, withVisitors)
  const random = seeded(seed)
  const ended = Promise.withResolvers<'early'>()
  const end = () => ended.resolve('early')
  signal?.addEventListener('abort', end, { once: true })
  say('starting a stack')
  const starting = stack.start()
  try {
    if ((await Promise.race([starting, ended.promise])) === 'early') return NOTHING
    const campaign = new Campaign(stack, random, say)
    const part = await Promise.race([work(stack, campaign, faults, options, random), ended.promise])
    return part === 'early' ? toPart(stack, campaign.soFar(), []) : part
  } finally {
    signal?.removeEventListener('abort', end)
    onLog?.(stack.log())
    say('stopping the stack')
    // What is on its way up cannot be stopped yet.
    await starting.catch(() => {})
    await stack.stop()
  }
}

const addAccounts = (one: Account, other: Account): Account => {
  const { violations, ...counts } = one
  const sums = Object.entries(counts).map(([name, count]) => [name, count + Number(other[name as keyof Account])])
  return { ...Object.fromEntries(sums), violations: [...violations, ...other.violations] } as Account
}

const together = (one: Part, other: Part): Part => ({
  findings: {
    steps: [...one.findings.steps, ...other.findings.steps],
    total: addAccounts(one.findings.total, other.findings.total),
    refusals: new Map([...one.findings.refusals, ...other.findings.refusals]),
  },
  notInjected: [...one.notInjected, ...other.notInjected],
  crashPoints: one.crashPoints,
})

const without = (faults: readonly Fault[], why: string): Part => ({
  ...NOTHING,
  notInjected: faults.map(({ name }) => ({ fault: name, why })),
})

/** Start a stack of its own, harm it under load, and judge every job that was promised; then another with a cluster. */
export const runChaos = async (options: ChaosOptions): Promise<Report> => {
  const { minutes, seed, faults = allFaults(), clusterFaults: ofCluster = clusterFaults, signal } = options
  const both = faults.length > 0 && ofCluster.length > 0
  const tooShort = both && minutes < LEAST_MINUTES_FOR_BOTH
  const shared = both && !tooShort && Number.isFinite(minutes)
  const first =
    faults.length > 0
      ? await runPart('node', faults, { ...options, minutes: shared ? minutes - CLUSTER_MINUTES : minutes })
      : NOTHING
  const second =
    ofCluster.length === 0 || tooShort
      ? without(ofCluster, 'the time was too short')
      : await runPart('cluster', ofCluster, {
          ...options,
          minutes: shared ? CLUSTER_MINUTES : minutes,
        })
  const whole = faults.length > 0 ? together(first, second) : second
  const endedEarly = signal?.aborted === true
  return { seed, minutes, passed: !endedEarly && hasPassed(whole.findings), endedEarly, ...whole }
}
