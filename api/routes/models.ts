import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import { TASK_NAMES } from '../../infra/domain/task.ts'
import { answer, problems } from '../../infra/http/responses.ts'
import { strict, words } from '../../infra/http/schema.ts'
import type { ModelCatalog } from '../../infra/ports/model-catalog.ts'
import { ModelSchema } from '../job-resource.ts'

const Model = strict({ task: words(TASK_NAMES), ...ModelSchema.properties })

/** Which models decide now: every result names the ones it came from. */
export const addModels = (app: FastifyInstance, catalog: Pick<ModelCatalog, 'list'>): void => {
  app.get('/v1/models', {
    config: { access: 'models:read' },
    schema: {
      operationId: 'list-models',
      tags: ['models'],
      summary: 'List the models in use',
      response: { 200: answer('The models', strict({ models: Type.Array(Model) })), ...problems() },
    },
    handler: async () => {
      const tasks = await catalog.list()
      return { models: tasks.flatMap(({ task, models }) => models.map((model) => ({ task, ...model }))) }
    },
  })
}
