import { AppError } from '../../infra/domain/errors.ts'
import { concerns, isChosen, type Rollout } from '../../infra/domain/rollout.ts'
import type { ThresholdSet } from '../../infra/domain/thresholds.ts'
import type { Clock } from '../../infra/ports/clock.ts'
import type { Logger } from '../../infra/ports/logger.ts'
import type { Metrics } from '../../infra/ports/metrics.ts'
import type { RolloutStore, RolloutTally, RolloutWorkerState } from '../../infra/ports/rollout-store.ts'
import type { Executor } from '../executor.ts'
import type { ModelRuns } from '../model-runs.ts'
import { DeadlinePassedError } from '../settle.ts'
import { isFailure } from './compare.ts'
import { CandidateDeadlyError } from './errors.ts'
import type { OpenCandidate, OpenedCandidate } from './open-candidate.ts'
import type { Part, PartOf } from './part.ts'
import { createShadowLane, type ShadowLane } from './shadow-lane.ts'
import { createTally } from './tally.ts'

/** Processes that were gone without a word while they had it (count): another one would be a crash loop. */
const MAX_LOST_COUNT = 2
/** What could not be obtained is tried again so much later. */
const TRY_AGAIN_MS = 60_000

/** What following rollouts takes. */
export interface FollowDeps {
  readonly store: Pick<RolloutStore, 'inForce' | 'enter' | 'tell' | 'add'>
  readonly open: OpenCandidate
  /** what the fleet runs anyway, and its batches */
  readonly base: { readonly executor: Pick<Executor, 'models' | 'thresholds'>; readonly runs: ModelRuns }
  /** batches of a candidate that answers */
  readonly runsOf: (executor: Executor) => ModelRuns
  /** keeps what stands behind the short name that results carry */
  readonly keepThresholds: (set: ThresholdSet) => Promise<void>
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Metrics
}

/** One rollout as this worker follows it. */
export interface Followed {
  readonly rollout: () => Rollout
  readonly partOf: PartOf
  /** the same rollout, as somebody changed it */
  update(rollout: Rollout): void
  /** tries again what could not be obtained, and tells how it is */
  attend(): Promise<void>
  /** @returns what was counted, and what puts it back when it could not be told */
  take(): { readonly tallies: readonly RolloutTally[]; giveBack(): void }
  /** what answers with the candidate when it is promoted */
  decides(): Executor | undefined
  /** At once for jobs; resolves when the models that answered are unloaded and that was told. */
  leave(): Promise<void>
  /** resolves when nothing of it is being loaded any more: what was on its way at the leave is unloaded, too */
  gone(): Promise<void>
}

interface Loaded {
  readonly opened: OpenedCandidate
  readonly runs: ModelRuns
  readonly lane: ShadowLane
}

/** A candidate with the same models and the same thresholds changes nothing. */
const isSame = (task: string, one: FollowDeps['base']['executor'], other: Executor): boolean =>
  JSON.stringify(one.models[task]) === JSON.stringify(other.models[task]) &&
  one.thresholds?.[task]?.digest === other.thresholds?.[task]?.digest

const inWords = (error: unknown): string =>
  error instanceof AppError ? error.message : 'the candidate broke in a way that the worker’s log tells'

class Following implements Followed {
  readonly #deps: FollowDeps
  readonly #worker: string
  readonly #tally
  #rollout: Rollout
  #loaded: Loaded | undefined
  #left = false
  #aside = false
  #toTell: readonly [RolloutWorkerState, string | null] | undefined
  #tryAgainAt: number | undefined
  #entering: Promise<unknown> = Promise.resolve()
  #loading: Promise<void>

  constructor(first: Rollout, worker: string, deps: FollowDeps) {
    this.#rollout = first
    this.#worker = worker
    this.#deps = deps
    this.#tally = createTally(first.task)
    this.#loading = this.#load()
  }

  rollout = (): Rollout => this.#rollout
  update = (rollout: Rollout): void => {
    this.#rollout = rollout
  }
  gone = (): Promise<void> => this.#loading
  decides = (): Executor | undefined => this.#loaded?.opened.executor

  partOf: PartOf = (job) => {
    const [loaded, rollout] = [this.#loaded, this.#rollout]
    if (!loaded) return undefined
    if (rollout.state === 'promoted') return this.#canary(loaded)
    if (isChosen(rollout, job)) return rollout.mode === 'canary' ? this.#canary(loaded) : this.#shadow(loaded)
    if (rollout.mode === 'shadow' || !concerns(rollout, job.tenant)) return undefined
    return { kind: 'beside', count: ({ answer, inferMs }) => this.#tally.judged('base', answer, inferMs) }
  }

  #count(reason: string): void {
    this.#deps.metrics.count('rollout_jobs', { task: this.#rollout.task, reason })
  }

  #shadow({ lane }: Loaded): Part {
    return {
      kind: 'shadow',
      hold: (item) => {
        const held = lane.hold(item)
        this.#count(held ? 'shadow' : 'dropped')
        return held
      },
    }
  }

  #canary({ opened, runs }: Loaded): Part {
    const { task } = this.#rollout
    return {
      kind: 'canary',
      decides: opened.executor,
      run: async (item, expiresAt, withdrawn) => {
        try {
          const ran = await runs.run(task, item, expiresAt, withdrawn)
          if (!isFailure(ran.answer)) {
            this.#tally.judged('candidate', ran.answer, ran.inferMs)
            this.#count('canary')
            return ran
          }
        } catch (error) {
          if (error instanceof DeadlinePassedError || withdrawn.aborted) throw error
        }
        this.#tally.failed()
        this.#count('fell-back')
        return undefined
      },
    }
  }

  async #load(): Promise<void> {
    const { store, open, base, runsOf, keepThresholds, clock, log } = this.#deps
    const { id, task } = this.#rollout
    this.#tryAgainAt = undefined
    try {
      const entering = store.enter(id, this.#worker)
      this.#entering = entering.catch(() => {})
      const lostCount = await entering
      if (this.#left) return
      if (lostCount >= MAX_LOST_COUNT) return this.#putAside(new CandidateDeadlyError(lostCount))
      const opened = await open(this.#rollout, (error) => this.#putAside(error))
      if (isSame(task, base.executor, opened.executor)) {
        this.#say('is-base', null)
        return void (await opened.close())
      }
      const set = opened.executor.thresholds?.[task]
      if (set) await keepThresholds(set).catch((error: unknown) => log.warn({ error }, 'thresholds were not kept'))
      if (this.#left || this.#aside) return void (await opened.close())
      const lane = createShadowLane({ task, executor: opened.executor, base: base.runs, tally: this.#tally, clock })
      this.#loaded = { opened, lane, runs: runsOf(opened.executor) }
      this.#say('ready', null)
      log.info({ rollout: id, task }, 'a candidate is loaded')
    } catch (error) {
      log.warn({ rollout: id, task, error }, 'a candidate could not be loaded: the base answers')
      this.#say('failed', inWords(error))
      if (error instanceof AppError && error.retryable) this.#tryAgainAt = clock.monotonic() + TRY_AGAIN_MS
    }
  }

  #putAside(error: Error): void {
    const { id, task } = this.#rollout
    this.#deps.log.error({ rollout: id, task, error }, 'a candidate is put aside: the base answers')
    this.#aside = true
    this.#deps.metrics.count('rollouts_put_aside', { task })
    this.#say('put-aside', inWords(error))
    void this.#unload()
  }

  #say(state: RolloutWorkerState, error: string | null): void {
    // It has left, and that is the last word.
    if (this.#left) return
    this.#toTell = [state, error]
    void this.#tell()
  }

  async #tell(): Promise<void> {
    const told = this.#toTell
    if (!told) return
    try {
      await this.#deps.store.tell(this.#rollout.id, this.#worker, ...told)
      if (this.#toTell === told) this.#toTell = undefined
    } catch (error) {
      this.#deps.log.warn({ rollout: this.#rollout.id, error }, 'how the candidate does was not told')
    }
  }

  async #unload(): Promise<void> {
    const loaded = this.#loaded
    this.#loaded = undefined
    loaded?.lane.close()
    await loaded?.opened.close()
  }

  attend = async (): Promise<void> => {
    await this.#tell()
    if (this.#tryAgainAt !== undefined && this.#deps.clock.monotonic() >= this.#tryAgainAt) this.#loading = this.#load()
  }

  take = () => {
    const taken = this.#tally.take()
    const { id: rolloutId } = this.#rollout
    return {
      tallies: taken.map(([arm, counts]) => ({ rolloutId, arm, counts })),
      giveBack: () => this.#tally.giveBack(taken),
    }
  }

  leave = async (): Promise<void> => {
    this.#left = true
    await this.#unload()
    // A word of coming that arrives after this one would look like a process that was lost.
    await this.#entering
    this.#toTell = ['left', null]
    await this.#tell()
  }
}

/** Follow a rollout from now on: its candidate is loaded beside the base, and until then the base answers. */
export const followRollout = (rollout: Rollout, worker: string, deps: FollowDeps): Followed =>
  new Following(rollout, worker, deps)
