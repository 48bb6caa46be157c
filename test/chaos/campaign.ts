import { setTimeout as pause } from 'node:timers/promises'
import { until } from '../../infra/local/process.ts'
import { Callers } from './callers.ts'
import { type Account, check, type History } from './checker.ts'
import type { Fault } from './fault.ts'
import { goodput, recoveryMs } from './goodput.ts'
import { openRowsOf, rowsOf } from './rows.ts'
import type { ChaosStack } from './stack.ts'
import { DEADLINE_MS } from './stack.ts'
import { type Slowest, type Strike, slowestJob } from './strikes.ts'

const PER_SECOND = 10
const BEFORE_MS = 3_000
const AFTER_MS = 4_000
/** The reconciler ends what is overdue some seconds after its deadline; what is not over by then is lost. */
const GRACE_MS = 20_000

/** What one injection came to. Times in ms, goodput in jobs per second. */
export interface Step {
  readonly fault: string
  readonly injectedCount: number
  readonly before: number
  readonly during: number
  readonly after: number
  /** from the heal, or the last blow when nobody heals, until goodput was back; undefined = not in the time watched */
  readonly recoveryMs: number | undefined
  /** from the heal, or from each blow, until the last job accepted before it was over */
  readonly lastJobMs: number | undefined
  /** the blow that had met it, where blows differ */
  readonly lastJobAfter?: string | undefined
  readonly account: Account
}

/** Everything a campaign found. */
export interface Findings {
  readonly steps: readonly Step[]
  /** of all steps together, and of the rows */
  readonly total: Account
  /** refusals that no retry mends, by HTTP status */
  readonly refusals: ReadonlyMap<number, number>
}

/** A step as it happened, before the last of its jobs was over. */
interface Watched extends Omit<Step, 'account'> {
  readonly fromIndex: number
  readonly toIndex: number
  readonly excused: readonly string[]
}

const withStrays = (total: Account, ids: readonly string[]): Account => ({
  ...total,
  lost: total.lost + ids.length,
  violations: [
    ...total.violations,
    ...ids.map((id) => ({ kind: 'lost' as const, id, detail: 'a row that is never over' })),
  ],
})

/** One load on one stack, harmed again and again. */
export class Campaign {
  readonly #stack: ChaosStack
  readonly #callers: Callers
  readonly #random: () => number
  readonly #say: (line: string) => void
  readonly #watched: Watched[] = []

  constructor(stack: ChaosStack, random: () => number, say: (line: string) => void) {
    this.#stack = stack
    this.#say = say
    this.#random = random
    this.#callers = new Callers(stack.apiUrls, stack.key, PER_SECOND)
  }

  /** The load begins. Resolves when jobs come out at the other end. */
  async start(): Promise<void> {
    this.#callers.start()
    if (!(await until(() => this.#callers.finishedAt.length > PER_SECOND, DEADLINE_MS)))
      throw new Error(`no job is ever done:\n${this.#stack.log().slice(-6_000)}`)
  }

  /** Inject a fault under load, heal it, and watch until all is well again. */
  async run(fault: Fault): Promise<Omit<Step, 'account'>> {
    const { finishedAt, attempts } = this.#callers
    const fromIndex = attempts.length
    const startedAt = performance.now()
    await pause(BEFORE_MS)
    const injectAt = performance.now()
    const { injectedCount, strikes } = await this.#strike(fault)
    const healAt = strikes.at(-1)?.at ?? injectAt
    await fault.heal?.(this.#stack)
    await this.#stack.wholeAgain()
    const slowest = await this.#settled(strikes)
    const wellAt = performance.now()
    await pause(AFTER_MS)
    const endAt = performance.now()
    // The next fault must not meet jobs of this one: what became of them would be told as this one's doing.
    await this.#settled([{ at: endAt, open: this.#callers.openIds() }])
    const before = goodput(finishedAt, startedAt, injectAt)
    const watched = {
      fault: fault.name,
      injectedCount,
      before,
      during: goodput(finishedAt, injectAt, fault.heal || fault.holdMs > 0 ? healAt : wellAt),
      after: goodput(finishedAt, wellAt, endAt),
      recoveryMs: recoveryMs(finishedAt, before, healAt, endAt),
      lastJobMs: slowest?.ms,
      lastJobAfter: slowest?.after,
      fromIndex,
      toIndex: attempts.length,
      excused: fault.excused ?? [],
    }
    this.#watched.push(watched)
    return watched
  }

  /** Of the callers whose jobs are over by now: of the others there is no telling what will become of them. */
  soFar(): Findings {
    return this.#findings((history) => {
      const acknowledgements = history.acknowledgements.filter(({ id }) => this.#callers.overAt.has(id))
      const keys = new Set(acknowledgements.map(({ key }) => key))
      return { ...history, acknowledgements, attempts: history.attempts.filter(({ key }) => keys.has(key)) }
    })
  }

  /** The load ends; every job is waited for, and looked at twice more. */
  async finish(): Promise<Findings> {
    const callers = this.#callers
    await callers.stop()
    await until(() => callers.openCount === 0, DEADLINE_MS + GRACE_MS, 200)
    const ids = [...new Set(callers.acknowledgements.map(({ id }) => id))]
    for (const replica of [0, 1]) await callers.lookAgain(ids, replica)
    const databaseUrl = this.#stack.servers.directUrl('postgres')
    // Of the jobs whose callers write nothing down, the rows tell.
    await until(async () => (await openRowsOf(databaseUrl)).length === 0, DEADLINE_MS + GRACE_MS, 500)
    const strays = (await openRowsOf(databaseUrl)).filter((id) => !ids.includes(id))
    const found = this.#findings((history) => history, await rowsOf(databaseUrl))
    return { ...found, total: withStrays(found.total, strays) }
  }

  #findings(judged: (history: History) => History, rows?: History['rows']): Findings {
    const { attempts, refusals } = this.#callers
    const excused = [...new Set(this.#watched.flatMap((one) => one.excused))]
    const all = judged(this.#history(0, attempts.length))
    return {
      steps: this.#watched.map((one) => ({
        ...one,
        account: check(judged(this.#history(one.fromIndex, one.toIndex)), one.excused),
      })),
      total: check({ ...all, ...(rows && { rows }) }, excused),
      refusals,
    }
  }

  /** Inject and hold it. What was done half is undone. @throws what the injection threw */
  async #strike(fault: Fault): Promise<{ readonly injectedCount: number; readonly strikes: readonly Strike[] }> {
    const strikes: Strike[] = []
    const struck = (what?: string) => {
      strikes.push({ at: performance.now(), open: this.#callers.openIds(), what })
      if (what !== undefined) this.#say(what)
    }
    try {
      const injectedCount = (await fault.inject(this.#stack, this.#random, struck)) ?? 1
      await pause(fault.holdMs)
      // While it lasts nobody can recover: the time runs from its end.
      if (fault.heal || fault.holdMs > 0) strikes.length = 0
      if (strikes.length === 0) struck()
      return { injectedCount, strikes }
    } catch (error) {
      await fault.heal?.(this.#stack).catch(() => {})
      throw error
    }
  }

  /** @returns the last of the jobs to be over that were met; undefined when it never was */
  async #settled(strikes: readonly Strike[]): Promise<Slowest | undefined> {
    const { overAt } = this.#callers
    await until(() => slowestJob(strikes, overAt) !== undefined, DEADLINE_MS + GRACE_MS, 50)
    return slowestJob(strikes, overAt)
  }

  /** What became of the attempts of one step. */
  #history(fromIndex: number, toIndex: number): History {
    const attempts = this.#callers.attempts.slice(fromIndex, toIndex)
    const keys = new Set(attempts.map(({ key }) => key))
    const sizes = new Set(attempts.map(({ size }) => size))
    const acknowledgements = this.#callers.acknowledgements.filter(({ key }) => keys.has(key))
    const ids = new Set(acknowledgements.map(({ id }) => id))
    return {
      attempts,
      acknowledgements,
      observations: this.#callers.observations.filter(({ id }) => ids.has(id)),
      runs: this.#stack.runs().flatMap(({ size }) => (sizes.has(size) ? [size] : [])),
    }
  }
}
