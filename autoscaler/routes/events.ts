import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import type { Authenticate } from '../../infra/http/authenticate.ts'
import { principalOf } from '../../infra/http/request-context.ts'
import { problems } from '../../infra/http/responses.ts'
import type { EventStreams } from '../console/event-streams.ts'

const DESCRIPTION = [
  'First how everything stands, then what changes; each event in place of the one before of the same name:',
  '`pools` {pools}, `overrides` {overrides}: those that hold or wait for a second person, `decision` {decision}: the last one of each pool,',
  '`nodes` {nodes, more}: the first hundred, those that are not ready before the others, `dead-letters` {count}, `drift` {alarms}, `ping` {at, unknown} every 15 s: what could not be read.',
  '`end` {why}: the key is no longer good. Without it, come back.',
].join(' ')

/** What the route needs. */
export interface EventsDeps {
  readonly streams: EventStreams
  readonly authenticate: Authenticate
}

/** What happens, as it happens. */
export const addEvents = (app: FastifyInstance, { streams, authenticate }: EventsDeps): void => {
  app.addHook('preClose', async () => streams.close())
  app.get('/v1/events', {
    config: { access: 'fleet:read' },
    // An answer without a body would be a stream that nobody reads.
    exposeHeadRoute: false,
    schema: {
      operationId: 'get-events',
      tags: ['console'],
      summary: 'What happens, as a stream of events',
      description: DESCRIPTION,
      response: {
        200: {
          description: 'Events, until somebody ends it',
          content: { 'text/event-stream': { schema: Type.String() } },
        },
        ...problems('TOO_MANY_STREAMS'),
      },
    },
    handler: async (request, reply) => {
      const { authorization } = request.headers
      const { ip } = request
      const again = () => authenticate(authorization, ip)
      const stream = await streams.open({ principal: principalOf(request), again })
      // A proxy that gathers what it is sent, or changes it, would have it arrive late or never.
      reply.headers({ 'cache-control': 'no-store, no-transform', 'x-accel-buffering': 'no' })
      return reply.type('text/event-stream; charset=utf-8').send(stream)
    },
  })
}
