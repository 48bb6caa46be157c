import type { FastifyInstance, FastifyRequest } from 'fastify'
import Type, { type Static } from 'typebox'
import { PoolUnknownError } from '../../infra/domain/errors.ts'
import { principalOf } from '../../infra/http/request-context.ts'
import { RequestError } from '../../infra/http/request-error.ts'
import { answer, BODY_PROBLEMS, problems } from '../../infra/http/responses.ts'
import { nullable, strict } from '../../infra/http/schema.ts'
import type { Said } from '../overrides.ts'
import { type Schedules, TooManyWindowsError, WindowInvalidError, WindowNotFoundError } from '../schedules.ts'
import type { UpcomingRow } from '../upcoming.ts'
import { WindowBody, WindowSchema, windowOf } from './window-resource.ts'

const WEEK_DAYS = 7
const MAX_DAYS = 60

const Params = Type.Object({ name: Type.String({ description: 'of the window' }) })
type NameRequest = FastifyRequest<{ Params: { name: string } }>

const NextQuery = Type.Object({
  days: Type.Optional(Type.String({ pattern: '^[1-9][0-9]?$', description: `1 to ${MAX_DAYS}; ${WEEK_DAYS}` })),
})
const RowSchema = strict({
  pool: Type.String(),
  from: Type.String({ format: 'date-time' }),
  until: Type.String({ format: 'date-time' }),
  floor: nullable(Type.Integer()),
  ceiling: nullable(Type.Integer()),
  windows: Type.Array(Type.String(), { description: 'that say so, strongest first' }),
  contradiction: nullable(
    strict(
      { floor: Type.Integer(), ceiling: Type.Integer(), holds: Type.Integer(), between: Type.Array(Type.String()) },
      { description: 'windows that cannot all be obeyed, and the count that holds instead' },
    ),
  ),
})

/** A stretch of the schedule as HTTP and `--json` show it. */
export const toRowResource = ({ pool, from, until, floor, ceiling, windows, contradiction }: UpcomingRow) => ({
  pool,
  from: new Date(from).toISOString(),
  until: new Date(until).toISOString(),
  floor: floor ?? null,
  ceiling: ceiling ?? null,
  windows,
  contradiction: contradiction ?? null,
})

/** What was wrong with a window, in words for whoever sent it. */
const toRequestError = (error: unknown): unknown => {
  if (error instanceof WindowInvalidError) {
    const faults = error.problems.map((problem) => ({ pointer: '', detail: problem }))
    return new RequestError('WINDOW_INVALID', 'the window cannot be used as it is', { faults, cause: error })
  }
  if (error instanceof WindowNotFoundError) return new RequestError('WINDOW_NOT_FOUND', error.message, { cause: error })
  if (error instanceof TooManyWindowsError) return new RequestError('TOO_MANY_WINDOWS', error.message, { cause: error })
  if (error instanceof PoolUnknownError) return new RequestError('POOL_NOT_FOUND', 'no pool has this name')
  return error
}

const inWords = <T>(work: Promise<T>): Promise<T> =>
  work.catch((error: unknown) => {
    throw toRequestError(error)
  })

const saidBy = (request: FastifyRequest): Said => ({
  actor: principalOf(request).keyId,
  channel: 'api',
  requestId: request.id,
})

const tags = ['schedule']

const addReading = (app: FastifyInstance, schedules: Schedules): void => {
  app.get('/v1/schedule', {
    config: { access: 'fleet:read' },
    schema: {
      operationId: 'list-windows',
      tags,
      summary: 'List the windows of all pools',
      response: { 200: answer('The windows', strict({ windows: Type.Array(WindowSchema) })), ...problems() },
    },
    handler: async () => ({ windows: await schedules.list() }),
  })

  app.get('/v1/schedule/next', {
    config: { access: 'fleet:read' },
    schema: {
      operationId: 'list-upcoming',
      tags,
      summary: 'What the schedule asks for in the next days',
      description: 'Pool by pool. A time for which it asks nothing is missing.',
      querystring: NextQuery,
      response: {
        200: answer('The stretches in which it asks for the same', strict({ rows: Type.Array(RowSchema) })),
        ...problems('INVALID_REQUEST'),
      },
    },
    handler: async (request) => {
      const { days = String(WEEK_DAYS) } = request.query as Static<typeof NextQuery>
      const rows = await schedules.next({ days: Math.min(Number(days), MAX_DAYS) })
      return { rows: rows.map(toRowResource) }
    },
  })
}

/** What is known beforehand. */
export const addSchedule = (app: FastifyInstance, schedules: Schedules): void => {
  addReading(app, schedules)
  const config = { access: 'fleet:manage' } as const

  app.put('/v1/schedule/:name', {
    config,
    schema: {
      operationId: 'put-window',
      tags,
      summary: 'Add a window, or replace the one of this name',
      params: Params,
      body: { content: { 'application/json': { schema: WindowBody } } },
      response: {
        200: answer('The window', WindowSchema),
        ...problems('WINDOW_INVALID', 'POOL_NOT_FOUND', 'TOO_MANY_WINDOWS', ...BODY_PROBLEMS),
      },
    },
    handler: async (request: NameRequest) => {
      const body = request.body as Static<typeof WindowBody> | undefined
      if (body === undefined) throw new RequestError('MALFORMED_BODY', 'the body is empty')
      const window = windowOf(request.params.name, body)
      await inWords(schedules.put(window, saidBy(request)))
      return window
    },
  })

  app.delete('/v1/schedule/:name', {
    config,
    schema: {
      operationId: 'remove-window',
      tags,
      summary: 'Remove a window',
      params: Params,
      response: { 204: { type: 'null', description: 'Removed' }, ...problems('WINDOW_NOT_FOUND') },
    },
    handler: async (request: NameRequest, reply) => {
      await inWords(schedules.remove(request.params.name, saidBy(request)))
      return reply.code(204).send()
    },
  })
}
