import type { Logger } from '../ports/logger.ts'

interface Step {
  readonly name: string
  readonly stop: () => unknown
}

/** Teardown in the reverse order of set-up: what was opened last is ended first. One failure stops none. */
export class Lifecycle {
  readonly #log: Logger
  readonly #graceMs: number
  readonly #steps: Step[] = []
  #stopping: Promise<boolean> | undefined

  constructor(log: Logger, graceMs: number) {
    this.#log = log
    this.#graceMs = graceMs
  }

  get stopping(): boolean {
    return this.#stopping !== undefined
  }

  /** Register the end of a resource where it is opened. After `stop` began, the step runs at once. */
  onStop(name: string, stop: () => unknown): void {
    if (this.#stopping) void this.#end({ name, stop }, this.#deadline())
    else this.#steps.push({ name, stop })
  }

  /** Idempotent. All steps share one deadline. @returns true when every step ended without an error in time */
  stop(): Promise<boolean> {
    this.#stopping ??= this.#stopAll()
    return this.#stopping
  }

  async #stopAll(): Promise<boolean> {
    const deadline = this.#deadline()
    let clean = true
    for (const step of this.#steps.toReversed()) clean = (await this.#end(step, deadline)) && clean
    return clean
  }

  async #end({ name, stop }: Step, deadline: Promise<never>): Promise<boolean> {
    try {
      await Promise.race([Promise.resolve().then(stop), deadline])
      return true
    } catch (error) {
      this.#log.error({ step: name, error }, 'teardown step failed')
      return false
    }
  }

  #deadline(): Promise<never> {
    const { promise, reject } = Promise.withResolvers<never>()
    setTimeout(() => reject(new Error(`teardown took over ${this.#graceMs} ms`)), this.#graceMs).unref()
    promise.catch(() => {})
    return promise
  }
}
