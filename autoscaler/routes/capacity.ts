import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import { answer, problems } from '../../infra/http/responses.ts'
import { strict } from '../../infra/http/schema.ts'
import type { CapacityMeasurement, CapacityStore } from '../../infra/ports/capacity-store.ts'

const CapacitySchema = strict({
  pool: Type.String(),
  models: Type.String({ description: 'versions of the models that ran' }),
  device: Type.String({ description: 'what the workers ran on' }),
  workersPerNode: Type.Integer({ minimum: 1 }),
  checksPerSecond: Type.Number({ description: 'of one node, held within the objective' }),
  p95Ms: Type.Number({ description: 'at that rate' }),
  sloMs: Type.Number({ description: 'what it had to stay under' }),
  measuredAt: Type.String({ format: 'date-time' }),
})

/** A measurement as HTTP and `--json` show it. */
export const toCapacityResource = ({ measuredAt, ...facts }: CapacityMeasurement) => ({
  ...facts,
  measuredAt: new Date(measuredAt).toISOString(),
})

/** What one node of each pool was seen to do. */
export const addCapacity = (
  app: FastifyInstance,
  { capacities }: { readonly capacities: Pick<CapacityStore, 'latest'> },
): void => {
  app.get('/v1/capacity', {
    config: { access: 'fleet:read' },
    schema: {
      operationId: 'list-capacities',
      tags: ['pools'],
      summary: 'What one node of each pool was seen to do',
      description: 'The newest measurement of each pool. A pool without one is planned with the configured capacity.',
      response: {
        200: answer('The measurements', strict({ capacities: Type.Array(CapacitySchema) })),
        ...problems(),
      },
    },
    handler: async () => ({ capacities: (await capacities.latest()).map(toCapacityResource) }),
  })
}
