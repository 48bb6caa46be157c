import { ConfigurationError } from './errors.ts'
import type { CallOptions, RunCall } from './jobs.ts'
import { invalidAnswer, type Transport } from './transport.ts'

/** The receipt of an erasure. Instants are ISO 8601 in UTC. */
export interface Erasure {
  readonly id: string
  /** `open`: something may still lie in storage; the service tries until it is gone */
  readonly state: 'open' | 'completed'
  readonly requestedAt: string
  readonly completedAt: string | null
  /** jobs that were erased */
  readonly jobs: number
  /** pictures that were deleted */
  readonly pictures: number
  /** jobs that a legal hold keeps; they are erased when it is lifted */
  readonly held: number
}

const ask = (
  transport: Transport,
  run: RunCall,
  method: 'GET' | 'DELETE',
  to: string,
  options: CallOptions | undefined,
): Promise<Erasure> =>
  run(options, async (scope) => {
    const answer = await transport.send({ method, to }, scope, options?.maxRetries)
    const { id, state } = (answer.body ?? {}) as Partial<Erasure>
    if (typeof id !== 'string' || (state !== 'open' && state !== 'completed'))
      throw invalidAnswer(answer, scope, 'it is not a receipt')
    return answer.body as Erasure
  })

const named = (what: string, text: string): string => {
  if (typeof text !== 'string' || text === '') throw new ConfigurationError(`${what} is needed`)
  return encodeURIComponent(text)
}

/** Everything under your own reference to a person. */
export class Subjects {
  readonly #transport: Transport
  readonly #run: RunCall
  constructor(transport: Transport, run: RunCall) {
    this.#transport = transport
    this.#run = run
  }

  /**
   * Erase every job that was submitted with this `subject`, for good, also those that are running.
   * @returns the receipt; look at it again with `erasures.get` while it is `open`
   */
  async erase(subject: string, options?: CallOptions): Promise<Erasure> {
    return ask(this.#transport, this.#run, 'DELETE', `/v1/subjects/${named('a subject', subject)}`, options)
  }
}

/** Receipts of erasures. */
export class Erasures {
  readonly #transport: Transport
  readonly #run: RunCall
  constructor(transport: Transport, run: RunCall) {
    this.#transport = transport
    this.#run = run
  }

  /** @throws NotFoundError */
  async get(id: string, options?: CallOptions): Promise<Erasure> {
    return ask(this.#transport, this.#run, 'GET', `/v1/erasures/${named('the id of an erasure', id)}`, options)
  }
}
