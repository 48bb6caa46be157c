import type { FastifyInstance, FastifyRequest } from 'fastify'
import Type, { type Static } from 'typebox'
import { REDRIVEN_WORDS } from '../../infra/dead-letters/words.ts'
import { LANES } from '../../infra/domain/task.ts'
import { principalOf } from '../../infra/http/request-context.ts'
import { RequestError } from '../../infra/http/request-error.ts'
import { answer, BODY_PROBLEMS, problems } from '../../infra/http/responses.ts'
import { nullable, strict, words } from '../../infra/http/schema.ts'
import type { DeadLetter } from '../../infra/ports/dead-letters.ts'
import { type DeadLetterDesk, MAX_SHOWN } from '../dead-letter-desk.ts'
import { Reason } from './reason.ts'

/** Named in one request: what else a body of bounded size can hold. */
const MAX_NAMED = 200
const REASONS = ['exhausted', 'missing', 'unreadable', 'undelivered'] as const satisfies readonly DeadLetter['reason'][]
const OUTCOMES = ['reopened', 'open', 'over', 'gone', 'missing', 'unreadable'] as const

const LetterSchema = strict({
  id: Type.String({ description: 'of the job; of an unreadable message `x-` and the beginning of its SHA-256' }),
  reason: words(REASONS, '`undelivered`: the broker gave it up, no worker came to judge it'),
  pool: nullable(Type.String()),
  diedAt: nullable(Type.String({ format: 'date-time', description: 'null = it does not say' })),
  job: nullable(
    strict(
      { id: Type.String(), tenant: Type.String(), task: Type.String(), lane: words(LANES) },
      { description: 'null = nobody can read which job it was of' },
    ),
  ),
})

const ListSchema = strict({
  count: Type.Integer({ minimum: 0, description: 'of all' }),
  deadLetters: Type.Array(LetterSchema, { description: `the oldest ${MAX_SHOWN}, oldest first` }),
})

const Body = strict(
  {
    ids: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { minItems: 1, maxItems: MAX_NAMED, uniqueItems: true }),
    ),
    all: Type.Optional(Type.Literal(true, { description: 'instead of ids: the oldest thousand' })),
    reason: Reason,
  },
  { examples: [{ all: true, reason: 'the storage is back' }] },
)

const RedrivenSchema = strict({
  redriven: Type.Array(
    strict({
      id: Type.String(),
      outcome: words(OUTCOMES, '`reopened`, `open`: the letter is gone and the job will be tried; else it stays'),
      line: Type.String({ description: 'the same in words' }),
    }),
  ),
  notThere: Type.Array(Type.String(), {
    description: 'of the named ones, those no letter was found of',
  }),
  left: Type.Integer({ minimum: 0, description: 'letters that are still there' }),
})

const toLetter = ({ id, reason, pool, diedAt, job }: DeadLetter) => ({
  ...{ id, reason, pool: pool ?? null, job: job ?? null },
  diedAt: diedAt === undefined ? null : new Date(diedAt).toISOString(),
})

const tags = ['console']

const addRedriving = (app: FastifyInstance, desk: DeadLetterDesk): void => {
  app.post('/v1/fleet/dead-letters/redrive', {
    config: { access: 'fleet:operate' },
    schema: {
      operationId: 'redrive-dead-letters',
      tags,
      summary: 'Try jobs again that were given up',
      description:
        'Each is queued again with its attempts anew and a new deadline, and its letter goes. Only jobs that the service gave up, and whose pictures are still there. To ask again does no harm.',
      body: { content: { 'application/json': { schema: Body } } },
      response: { 200: answer('What became of each', RedrivenSchema), ...problems(...BODY_PROBLEMS) },
    },
    handler: async (request: FastifyRequest) => {
      const body = request.body as Static<typeof Body> | undefined
      if (body === undefined) throw new RequestError('MALFORMED_BODY', 'the body is empty')
      const { ids, all, reason: why } = body
      if ((ids === undefined) === (all === undefined))
        throw new RequestError('INVALID_REQUEST', 'name ids, or say `all`', {
          faults: [{ pointer: '/ids', detail: 'either ids or all' }],
        })
      const by = { actor: principalOf(request).keyId, channel: 'api', requestId: request.id, why } as const
      const { redriven, notThere, leftCount } = await desk.redrive(by, ids ?? 'all')
      return {
        redriven: redriven.map(({ letter: { id }, outcome }) => ({ id, outcome, line: REDRIVEN_WORDS[outcome] })),
        notThere,
        left: leftCount,
      }
    },
  })
}

/** What was given up, to look at and to try again. */
export const addDeadLetters = (app: FastifyInstance, desk: DeadLetterDesk): void => {
  app.get('/v1/fleet/dead-letters', {
    config: { access: 'fleet:read' },
    schema: {
      operationId: 'list-dead-letters',
      tags,
      summary: 'Messages that were given up, oldest first',
      description: 'A key that is limited to some tasks sees those of other tasks in the count only.',
      response: { 200: answer('The dead letters', ListSchema), ...problems() },
    },
    handler: async (request) => {
      const { scopes } = principalOf(request)
      const { count, letters } = await desk.list()
      const shown = letters.filter(({ job }) => scopes.length === 0 || scopes.some((task) => task === job?.task))
      return { count, deadLetters: shown.map(toLetter) }
    },
  })
  addRedriving(app, desk)
}
