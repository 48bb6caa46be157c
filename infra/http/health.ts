import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import { type AskHealth, healthBody } from '../runtime/health.ts'
import { answer } from './responses.ts'
import { strict, words } from './schema.ts'

/** What the process knows of itself. */
export interface OwnHealth {
  /** false = restart me */
  readonly live: AskHealth
  /** false = send me no requests */
  readonly ready: AskHealth
  /** false = still starting */
  readonly startup: AskHealth
}

const HealthSchema = strict({
  status: words(['ok', 'degraded', 'failed']),
  checks: Type.Optional(Type.Record(Type.String(), words(['ok', 'degraded', 'failed']))),
})

const ROUTES = [
  { url: '/livez', kind: 'live', summary: 'Is the process alive?' },
  { url: '/readyz', kind: 'ready', summary: 'May it be sent requests?' },
  { url: '/startupz', kind: 'startup', summary: 'Has it started?' },
] as const

/** For load balancers and orchestrators. Dependencies never decide whether the process is alive. */
export const addHealth = (app: FastifyInstance, health: OwnHealth): void => {
  for (const { url, kind, summary } of ROUTES) {
    app.get(url, {
      config: { access: 'public', quiet: true },
      schema: {
        operationId: kind,
        tags: ['health'],
        summary,
        security: [],
        querystring: Type.Object({ verbose: Type.Optional(Type.Unsafe<unknown>({ description: 'list every check' })) }),
        response: { 200: answer('Yes', HealthSchema), 503: answer('No', HealthSchema) },
      },
      handler: async (request, reply) => {
        const found = await health[kind]()
        return reply.code(found.ok ? 200 : 503).send(healthBody(found, 'verbose' in (request.query as object)))
      },
    })
  }
}
