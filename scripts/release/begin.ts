import { createHash } from 'node:crypto'
import { between, type Counts, healthOf } from './health.ts'
import type { Forecast, JobSpec, ReleaseNomad } from './nomad.ts'
import { type Site, specOf, variablesOf, withVariables, workerJobs } from './site.ts'
import { jobOf, type ReleaseState } from './state.ts'
import { PARTS, type PartName, planSteps, type Step, type Strategy } from './steps.ts'

/** What somebody wants released. */
export interface Wish {
  readonly from: string
  readonly to: string
  readonly strategy: Strategy
  readonly only: readonly PartName[]
}

/** A fingerprint of what a release is made of: to go on with other files would be another release. */
export const inputsOf = ({ files, variables }: Site): string =>
  createHash('sha256')
    .update(JSON.stringify([PARTS.map((part) => files[part]), variables]))
    .digest('hex')

/** What runs now, before anything is changed; the baseline is not observed yet. */
export const openState = async (nomad: ReleaseNomad, site: Site, wish: Wish): Promise<ReleaseState> => {
  const named = await Promise.all(
    PARTS.map(async (part) => [part, (await nomad.parse(site.files[part], site.variables)).ID] as const),
  )
  const names = Object.fromEntries(named) as Record<PartName, string>
  const other = workerJobs(names.workers, () => false).second
  const ids = [...Object.values(names), other]
  const found = await Promise.all(ids.map(async (id) => [id, (await nomad.job(id)) ?? null] as const))
  const before = Object.fromEntries(found)
  return {
    ...wish,
    inputs: inputsOf(site),
    jobs: workerJobs(names.workers, (id) => Boolean(before[id])),
    names,
    before,
    baseline: { endedCount: 0, errorRatio: 0, p95: {} },
    progress: {},
    outcome: 'under way',
  }
}

/** How the fleet serves before anything is changed: what comes after is held against it. */
export const observe = async (
  look: (jobs: readonly JobSpec[]) => Promise<ReadonlyMap<string, Counts>>,
  { before, names, jobs }: ReleaseState,
  wait: () => Promise<void>,
): Promise<ReleaseState['baseline']> => {
  const running = [names.api, jobs.present].flatMap((id) => before[id] ?? [])
  const first = await look(running)
  await wait()
  return healthOf(between(first, await look(running)))
}

/** What Nomad would do for a step, as things are now. */
export interface PlannedStep {
  readonly step: Step
  readonly job: string
  /** undefined: nothing to ask now, what it says depends on the steps before */
  readonly forecast: Forecast | undefined
}

/** Every step with what Nomad says to it. Changes nothing. */
export const forecastSteps = async (
  nomad: ReleaseNomad,
  site: Site,
  state: ReleaseState,
): Promise<readonly PlannedStep[]> => {
  const planned: PlannedStep[] = []
  for (const step of planSteps(state.strategy, state.only)) {
    const job = jobOf(step, state)
    if (step.action === 'stop' || step.action === 'settle') {
      planned.push({ step, job, forecast: undefined })
      continue
    }
    const variables = withVariables(site.variables, variablesOf(step, state.strategy, state.jobs))
    const running = state.before[step.action === 'beside' ? state.jobs.present : job] ?? undefined
    const spec = specOf(await nomad.parse(site.files[step.part], variables), step, state.strategy, running)
    planned.push({ step, job, forecast: await nomad.plan(spec) })
  }
  return planned
}
