import type { ModelRef } from './job.ts'
import type { CallOptions, RunCall } from './jobs.ts'
import type { TaskName } from './results.ts'
import { invalidAnswer, type Transport } from './transport.ts'

/** A model the service decides with. */
export interface Model extends ModelRef {
  readonly task: TaskName
}

/** The models in use now. */
export class Models {
  readonly #transport: Transport
  readonly #run: RunCall
  constructor(transport: Transport, run: RunCall) {
    this.#transport = transport
    this.#run = run
  }

  list(options?: CallOptions): Promise<readonly Model[]> {
    return this.#run(options, async (scope) => {
      const answer = await this.#transport.send({ method: 'GET', to: '/v1/models' }, scope, options?.maxRetries)
      const { models } = (answer.body ?? {}) as { models?: unknown }
      if (!Array.isArray(models)) throw invalidAnswer(answer, scope, 'it lists no models')
      return models as Model[]
    })
  }
}
