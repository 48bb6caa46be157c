import { Campaign } from './campaign.ts'
import { type Fault, seeded, shuffled } from './fault.ts'
import { allFaults } from './faults/all.ts'
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
  /** all unless told */
  readonly faults?: readonly Fault[]
  /** told what happens, as it happens */
  readonly say: (line: string) => void
  /** ends the campaign early, with whatever it has found */
  readonly signal?: AbortSignal
  /** called with what the processes wrote, when the campaign is over */
  readonly onLog?: (text: string) => void
}

type NotInjected = { readonly fault: string; readonly why: string }

const inSeconds = (ms: number | undefined): string => (ms === undefined ? 'not yet' : `${(ms / 1000).toFixed(1)} s`)

const runRounds = async (campaign: Campaign, options: ChaosOptions, random: () => number) => {
  const { minutes, rounds = Number.POSITIVE_INFINITY, faults = allFaults(), say, signal } = options
  const until = performance.now() + minutes * 60_000
  const isOver = () => signal?.aborted === true || performance.now() >= until
  const skipped: NotInjected[] = []
  const done = new Set<string>()
  for (let round = 1; round <= rounds && !isOver(); round += 1) {
    for (const fault of shuffled(faults, random)) {
      if (isOver()) break
      const why = fault.impossible?.()
      if (why !== undefined) {
        if (round === 1) skipped.push({ fault: fault.name, why })
        continue
      }
      say(`${fault.name} ...`)
      const step = await campaign.run(fault)
      done.add(fault.name)
      say(`${fault.name}: injected ${step.injectedCount}, goodput back after ${inSeconds(step.recoveryMs)}`)
    }
  }
  const late = faults.filter(({ name }) => !done.has(name) && !skipped.some(({ fault }) => fault === name))
  return [...skipped, ...late.map(({ name }) => ({ fault: name, why: 'the time was up' }))]
}

/** Start a stack of its own, harm it under load, and judge every job that was promised. Everything is cleaned up. */
export const runChaos = async (options: ChaosOptions): Promise<Report> => {
  const { minutes, seed, say, signal, onLog } = options
  const random = seeded(seed)
  const stack = new ChaosStack()
  const abandon = new Promise<never>((_, reject) =>
    signal?.addEventListener('abort', () => reject(new Error('interrupted')), { once: true }),
  )
  const work = async (): Promise<Report> => {
    say('starting a stack')
    await stack.start()
    const campaign = new Campaign(stack, random)
    await campaign.start()
    const notInjected = await runRounds(campaign, options, random)
    say('waiting for the last jobs')
    const findings = await campaign.finish()
    const crashPoints = {
      died: [...new Set(firedPoints(stack))].sort(),
      notReached: (['api', 'worker'] as const).flatMap((role) => pointsOf(stack, role).never),
    }
    return { seed, minutes, passed: hasPassed(findings), findings, notInjected, crashPoints }
  }
  try {
    return await Promise.race([work(), abandon])
  } finally {
    onLog?.(stack.log())
    await stack.stop()
  }
}
