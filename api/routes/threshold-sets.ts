import type { FastifyInstance, FastifyRequest } from 'fastify'
import Type from 'typebox'
import { TASK_NAMES } from '../../infra/domain/task.ts'
import { RequestError } from '../../infra/http/request-error.ts'
import { answer, problems } from '../../infra/http/responses.ts'
import { strict, words } from '../../infra/http/schema.ts'
import type { ModelCatalog } from '../../infra/ports/model-catalog.ts'

/** What cannot be one is in no table: some bytes a database does not even take. */
const DIGEST = /^sha256:[0-9a-f]{1,64}$/

const Params = Type.Object({ digest: Type.String({ description: '`thresholdSet` of a job' }) })

const ThresholdSetSchema = strict({
  digest: Type.String(),
  task: words(TASK_NAMES),
  thresholds: Type.Record(Type.String(), Type.Record(Type.String(), Type.Union([Type.Number(), Type.Boolean()])), {
    description: 'by role of the model, and under `rules` those of the task itself',
  }),
  firstSeenAt: Type.String({ format: 'date-time' }),
})

/** What results were decided with beside their models: kept for good, so that a decision can be explained later. */
export const addThresholdSets = (app: FastifyInstance, catalog: Pick<ModelCatalog, 'thresholds'>): void => {
  app.get('/v1/threshold-sets/:digest', {
    config: { access: 'models:read' },
    schema: {
      operationId: 'get-threshold-set',
      tags: ['models'],
      summary: 'The thresholds a result was decided with',
      params: Params,
      response: { 200: answer('The thresholds', ThresholdSetSchema), ...problems('THRESHOLD_SET_NOT_FOUND') },
    },
    handler: async ({ params }: FastifyRequest<{ Params: { digest: string } }>) => {
      const set = DIGEST.test(params.digest) ? await catalog.thresholds(params.digest) : undefined
      if (!set) throw new RequestError('THRESHOLD_SET_NOT_FOUND', 'no worker has decided with such a set')
      return { ...set, firstSeenAt: new Date(set.firstSeenAt).toISOString() }
    },
  })
}
