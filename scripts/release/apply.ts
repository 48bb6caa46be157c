import { UnavailableError } from '../../infra/domain/errors.ts'
import { between, type Counts, type Health, healthOf, worseThan } from './health.ts'
import type { JobSpec, ReleaseNomad } from './nomad.ts'
import { putBackSpec, type Site, specOf, variablesOf, withVariables } from './site.ts'
import { jobOf, type Progress, ReleaseFailedError, type ReleaseState } from './state.ts'
import { planSteps, type Step } from './steps.ts'

export interface ApplyDeps {
  readonly nomad: ReleaseNomad
  readonly site: Site
  /** what the processes of these jobs have counted so far, by process */
  readonly look: (jobs: readonly JobSpec[]) => Promise<ReadonlyMap<string, Counts>>
  /** survives this process from then on */
  readonly keep: (state: ReleaseState) => void
  readonly pause: (ms: number) => Promise<void>
  readonly say: (text: string) => void
}

/** Durations in ms. */
export interface Patience {
  readonly pollMs: number
  /** how long a trial is watched, and how often a rolling step is looked at */
  readonly watchMs: number
  /** longest for one step */
  readonly stepMs: number
}

const ENDED = new Set(['failed', 'cancelled'])
/** Looks that Nomad may leave unanswered in a row: its servers choose a new leader in seconds, and what is under way goes on. */
const MAX_BLIND_COUNT = 30

/** One release, step by step. Each step may be begun again: what is done already is seen and left. */
export class Apply {
  readonly #deps: ApplyDeps
  readonly #patience: Patience
  #state: ReleaseState

  constructor(deps: ApplyDeps, state: ReleaseState, patience: Patience) {
    this.#deps = deps
    this.#state = state
    this.#patience = patience
  }

  /** @returns whether the new version runs; else everything is as it was before. @throws ReleaseFailedError when neither */
  async run(): Promise<boolean> {
    try {
      for (const step of planSteps(this.#state.strategy, this.#state.only)) await this.#step(step)
      this.#keep({ outcome: 'released' })
      return true
    } catch (error) {
      this.#deps.say(`${error instanceof Error ? error.message : String(error)}: going back`)
      await this.back()
      return false
    }
  }

  /** Put everything back as it was, in the reverse order. Migrations stay: what ran before runs with them. */
  async back(): Promise<void> {
    this.#keep({ outcome: 'going back' })
    const steps = planSteps(this.#state.strategy, this.#state.only)
    const begun = steps.filter(({ id, part }) => part !== 'migrate' && this.#state.progress[id] !== undefined)
    const jobs = new Map(begun.toReversed().map((step) => [jobOf(step, this.#state), step]))
    // Of a fleet beside the other one, the old one comes back before the new one goes.
    const [olds, seconds] = [[...jobs], [...jobs]].map((list, index) =>
      list.filter(([id]) => (this.#state.before[id] === null) === (index === 1)),
    )
    for (const [id, step] of olds ?? []) await this.#putBack(id, step)
    for (const [id] of seconds ?? []) await this.#stop(id)
    this.#keep({ outcome: 'taken back' })
  }

  async #step(step: Step): Promise<void> {
    if (this.#state.progress[step.id]?.state === 'done') return
    const id = jobOf(step, this.#state)
    this.#deps.say(`${step.id}: ${id}`)
    if (step.action === 'stop') await this.#stop(id, step.id)
    else await this.#register(step, id)
    this.#mark(step.id, { state: 'done' })
  }

  async #register(step: Step, id: string): Promise<void> {
    const { nomad, say } = this.#deps
    const begun = this.#state.progress[step.id]
    if (begun?.index === undefined) {
      const spec = await this.#spec(step, id)
      const { changes, unplaced } = await nomad.plan(spec)
      if (step.job === 'second' && unplaced.length > 0)
        throw new ReleaseFailedError(`there is no place for ${unplaced.join(', ')} of ${id}`)
      if (!changes) say(`${step.id}: nothing to change`)
      this.#mark(step.id, { state: 'begun' })
      const index = changes ? await nomad.register(spec) : ((await nomad.job(id))?.JobModifyIndex ?? 0)
      this.#mark(step.id, { state: 'begun', index })
    }
    const index = this.#state.progress[step.id]?.index ?? 0
    if (step.action === 'run-once') return this.#ended(id)
    // No allocation has changed, so there is nothing to wait for.
    if (step.action === 'settle') return
    await this.#deployed(id, index, step.action === 'canary')
    await this.#watch(step.id)
  }

  async #spec(step: Step, id: string): Promise<JobSpec> {
    const { nomad, site } = this.#deps
    const { strategy, jobs, to } = this.#state
    const variables = withVariables(site.variables, variablesOf(step, strategy, jobs))
    const file = await nomad.parse(site.files[step.part], variables)
    const running = await nomad.job(step.action === 'beside' ? jobs.present : id)
    const spec = specOf(file, step, strategy, running)
    // A job that ran to its end runs again only when something in it is new.
    return step.action === 'run-once' ? { ...spec, Meta: { ...spec.Meta, muster_release: to } } : spec
  }

  /** Resolves when a deployment is over. @throws ReleaseFailedError when it did not go well, or callers notice */
  async #deployed(id: string, index: number, trial: boolean): Promise<void> {
    const { nomad } = this.#deps
    let promoted = false
    let looked = await this.#look()
    let sinceMs = 0
    await this.#until(`${id} is healthy`, async () => {
      const deployment = await nomad.deployment(id, index)
      if (!deployment) return this.#allRun(id, index)
      if (ENDED.has(deployment.status)) throw new ReleaseFailedError(`${id}: ${deployment.why}`)
      if (trial && !promoted && deployment.canariesHealthy && deployment.status !== 'successful') {
        await this.#watch(id)
        await nomad.promote(deployment.id)
        promoted = true
      }
      sinceMs += this.#patience.pollMs
      if (sinceMs >= this.#patience.watchMs) {
        const now = await this.#look()
        this.#judge(healthOf(between(looked, now)))
        ;[looked, sinceMs] = [now, 0]
      }
      return deployment.status === 'successful'
    })
  }

  /**
   * Where Nomad makes no deployment there is nothing but this to go by. Its scheduler may not have seen yet what was
   * registered: then those of before run, which says nothing; and a deployment may have come since it was asked for.
   */
  async #allRun(id: string, index: number): Promise<boolean> {
    const { nomad } = this.#deps
    const present = await nomad.job(id)
    const wanted = (await nomad.allocations(id)).filter((each) => each.wanted)
    const allRun = wanted.every(({ version, status }) => version === present?.Version && status === 'running')
    return wanted.length > 0 && allRun && (await nomad.deployment(id, index)) === undefined
  }

  async #ended(id: string): Promise<void> {
    await this.#until(`${id} has ended`, async () => {
      const { nomad } = this.#deps
      const job = await nomad.job(id)
      // Those of the last release have ended well, and may be all there is for a moment.
      const present = (await nomad.allocations(id)).filter(({ version }) => version === job?.Version)
      if (present.some(({ status }) => status === 'failed' || status === 'lost'))
        throw new ReleaseFailedError(`${id} failed: its log says why`)
      return present.length > 0 && present.every(({ status }) => status === 'complete')
    })
  }

  async #stop(id: string, step?: string): Promise<void> {
    if (step !== undefined) this.#mark(step, { state: 'begun' })
    const { nomad } = this.#deps
    if (await nomad.job(id)) await nomad.stop(id)
    await this.#until(`${id} has drained`, async () =>
      (await nomad.allocations(id)).every(({ status }) => status !== 'running' && status !== 'pending'),
    )
  }

  async #putBack(id: string, step: Step): Promise<void> {
    const { nomad, site, say } = this.#deps
    const before = this.#state.before[id]
    if (!before) return
    say(`going back: ${id}`)
    const { strategy, jobs } = this.#state
    const own = variablesOf({ ...step, job: 'present', action: 'roll' }, strategy, jobs)
    const rolling = await nomad.parse(site.files[step.part], withVariables(site.variables, own))
    const running = await nomad.job(id)
    const spec = putBackSpec(before, rolling, running)
    if ((await nomad.plan(spec)).changes) await this.#quietly(id, await nomad.register(spec))
    const settled = putBackSpec(before, undefined, running)
    if (step.part === 'workers' && (await nomad.plan(settled)).changes) await nomad.register(settled)
  }

  /** On the way back nobody asks how callers fare: it cannot get better by staying. */
  async #quietly(id: string, index: number): Promise<void> {
    await this.#until(`${id} is healthy`, async () => {
      const deployment = await this.#deps.nomad.deployment(id, index)
      if (!deployment) return this.#allRun(id, index)
      if (ENDED.has(deployment.status)) throw new ReleaseFailedError(`going back, ${id}: ${deployment.why}`)
      return deployment.status === 'successful'
    })
  }

  async #watch(what: string): Promise<void> {
    const { pause, say } = this.#deps
    say(`${what}: watched for ${this.#patience.watchMs / 1000} s`)
    const before = await this.#look()
    await pause(this.#patience.watchMs)
    this.#judge(healthOf(between(before, await this.#look())))
  }

  #judge(health: Health): void {
    const worse = worseThan(this.#state.baseline, health)
    if (worse.length > 0) throw new ReleaseFailedError(`worse than before: ${worse.join('; ')}`)
  }

  async #look(): Promise<ReadonlyMap<string, Counts>> {
    const { names, jobs } = this.#state
    const found = await Promise.all([names.api, jobs.present, jobs.second].map((id) => this.#deps.nomad.job(id)))
    return this.#deps.look(found.filter((job) => job !== undefined))
  }

  async #until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    let blindCount = 0
    for (let waitedMs = 0; waitedMs < this.#patience.stepMs; waitedMs += this.#patience.pollMs) {
      const answer = await isSo().catch((error: unknown) => {
        if (!(error instanceof UnavailableError)) throw error
        return error
      })
      if (answer === true) return
      blindCount = answer === false ? 0 : blindCount + 1
      if (answer !== false && blindCount > MAX_BLIND_COUNT) throw answer
      await this.#deps.pause(this.#patience.pollMs)
    }
    throw new ReleaseFailedError(`it never came true that ${what}`)
  }

  #mark(step: string, progress: Progress): void {
    this.#keep({ progress: { ...this.#state.progress, [step]: progress } })
  }

  #keep(change: Partial<ReleaseState>): void {
    this.#state = { ...this.#state, ...change }
    this.#deps.keep(this.#state)
  }
}
