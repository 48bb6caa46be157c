import { setTimeout as pause } from 'node:timers/promises'
import { until } from '../../infra/local/process.ts'
import { Callers } from './callers.ts'
import { type Account, check, type History } from './checker.ts'
import type { Fault } from './fault.ts'
import { goodput, recoveryMs } from './goodput.ts'
import { rowsOf } from './rows.ts'
import type { ChaosStack } from './stack.ts'
import { DEADLINE_MS } from './stack.ts'

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
  /** from the heal, or the injection when nobody heals, until goodput was back; undefined = not in the time watched */
  readonly recoveryMs: number | undefined
  /** from the same instant until the last job accepted before it was over */
  readonly lastJobMs: number | undefined
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

/** One load on one stack, harmed again and again. */
export class Campaign {
  readonly #stack: ChaosStack
  readonly #callers: Callers
  readonly #random: () => number
  readonly #watched: Watched[] = []

  constructor(stack: ChaosStack, random: () => number) {
    this.#stack = stack
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
    const injectedCount = await this.#inject(fault)
    await pause(fault.holdMs)
    const promised = this.#callers.openIds()
    const healAt = fault.heal || fault.holdMs > 0 ? performance.now() : injectAt
    await fault.heal?.(this.#stack)
    await this.#stack.wholeAgain()
    const lastJobMs = await this.#settled(promised, healAt)
    const wellAt = performance.now()
    await pause(AFTER_MS)
    const endAt = performance.now()
    const before = goodput(finishedAt, startedAt, injectAt)
    const watched = {
      fault: fault.name,
      injectedCount,
      before,
      during: goodput(
        finishedAt,
        injectAt,
        Math.max(healAt, injectAt + fault.holdMs, healAt === injectAt ? wellAt : 0),
      ),
      after: goodput(finishedAt, wellAt, endAt),
      recoveryMs: recoveryMs(finishedAt, before, healAt, endAt),
      lastJobMs,
      fromIndex,
      toIndex: attempts.length,
      excused: fault.excused ?? [],
    }
    this.#watched.push(watched)
    return watched
  }

  /** The load ends; every job is waited for, and looked at twice more. */
  async finish(): Promise<Findings> {
    const callers = this.#callers
    await callers.stop()
    await until(() => callers.openCount === 0, DEADLINE_MS + GRACE_MS, 200)
    const ids = [...new Set(callers.acknowledgements.map(({ id }) => id))]
    for (const replica of [0, 1]) await callers.lookAgain(ids, replica)
    const excused = [...new Set(this.#watched.flatMap((one) => one.excused))]
    const rows = await rowsOf(this.#stack.servers.directUrl('postgres'))
    return {
      steps: this.#watched.map((one) => ({
        ...one,
        account: check(this.#history(one.fromIndex, one.toIndex), one.excused),
      })),
      total: check({ ...this.#history(0, callers.attempts.length), rows }, excused),
      refusals: callers.refusals,
    }
  }

  /** What was done half is undone. @throws what the injection threw */
  async #inject(fault: Fault): Promise<number> {
    try {
      return (await fault.inject(this.#stack, this.#random)) ?? 1
    } catch (error) {
      await fault.heal?.(this.#stack).catch(() => {})
      throw error
    }
  }

  /** @returns how long after `since` the last of these jobs was over */
  async #settled(ids: readonly string[], since: number): Promise<number | undefined> {
    const over = await until(() => ids.every((id) => this.#callers.isOver(id)), DEADLINE_MS + GRACE_MS, 50)
    return over ? Math.max(0, performance.now() - since) : undefined
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
