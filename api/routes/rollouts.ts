import type { FastifyInstance, FastifyRequest } from 'fastify'
import Type, { type Static } from 'typebox'
import { principalOf } from '../../infra/http/request-context.ts'
import { RequestError } from '../../infra/http/request-error.ts'
import { answer, BODY_PROBLEMS, problems } from '../../infra/http/responses.ts'
import { strict } from '../../infra/http/schema.ts'
import {
  type ManageRollouts,
  type RolloutActor,
  RolloutBusyError,
  RolloutNotFoundError,
  RolloutOverError,
} from '../manage-rollouts.ts'
import {
  newRolloutOf,
  ReasonBody,
  RolloutBody,
  RolloutSchema,
  RolloutViewSchema,
  toRolloutResource,
  toRolloutView,
} from './rollout-schema.ts'

const LISTED = 50

const Params = Type.Object({ id: Type.String({ description: 'of the rollout' }) })
type IdRequest = FastifyRequest<{ Params: { id: string } }>

const tags = ['rollouts']
/** They are the installation's: keys of other tenants may not even look. */
const config = { access: 'models:manage', fleet: true } as const

const inWords = <T>(work: Promise<T>): Promise<T> =>
  work.catch((error: unknown) => {
    if (error instanceof RolloutNotFoundError || error instanceof RolloutBusyError || error instanceof RolloutOverError)
      throw new RequestError(error.code, error.message, { cause: error })
    throw error
  })

const saidBy = (request: FastifyRequest): RolloutActor => ({
  actor: principalOf(request).keyId,
  channel: 'api',
  requestId: request.id,
})

const bodyOf = <T>({ body }: FastifyRequest): T => {
  if (body === undefined) throw new RequestError('MALFORMED_BODY', 'the body is empty')
  return body as T
}

const addReading = (app: FastifyInstance, rollouts: ManageRollouts): void => {
  app.get('/v1/rollouts', {
    config,
    schema: {
      operationId: 'list-rollouts',
      tags,
      summary: 'List the newest rollouts',
      response: { 200: answer('The rollouts', strict({ rollouts: Type.Array(RolloutSchema) })), ...problems() },
    },
    handler: async () => ({ rollouts: (await rollouts.list(LISTED)).map(toRolloutResource) }),
  })

  app.get('/v1/rollouts/:id', {
    config,
    schema: {
      operationId: 'get-rollout',
      tags,
      summary: 'What came of a rollout so far',
      description: 'Counts and sums over many jobs, what the guards make of them, and how each worker gets on.',
      params: Params,
      response: { 200: answer('The rollout', RolloutViewSchema), ...problems('ROLLOUT_NOT_FOUND') },
    },
    handler: async ({ params }: IdRequest) => toRolloutView(await inWords(rollouts.show(params.id))),
  })
}

const addDeciding = (app: FastifyInstance, rollouts: ManageRollouts): void => {
  for (const [verb, summary, description] of [
    ['promote', 'The candidate answers every job', 'Until the base is changed over and the rollout is ended.'],
    ['end', 'The base answers every job again', 'Workers are back on it within seconds.'],
  ] as const)
    app.post(`/v1/rollouts/:id/${verb}`, {
      config,
      schema: {
        operationId: `${verb}-rollout`,
        tags,
        summary,
        description,
        params: Params,
        body: { content: { 'application/json': { schema: ReasonBody } } },
        response: {
          200: answer('The rollout', RolloutSchema),
          ...problems(...BODY_PROBLEMS, 'ROLLOUT_NOT_FOUND', 'ROLLOUT_OVER'),
        },
      },
      handler: async (request: IdRequest) => {
        const { reason } = bodyOf<Static<typeof ReasonBody>>(request)
        return toRolloutResource(await inWords(rollouts[verb](request.params.id, reason, saidBy(request))))
      },
    })
}

/** Candidates on their way to the fleet, and back. */
export const addRollouts = (app: FastifyInstance, rollouts: ManageRollouts): void => {
  addReading(app, rollouts)
  addDeciding(app, rollouts)
  app.post('/v1/rollouts', {
    config,
    schema: {
      operationId: 'start-rollout',
      tags,
      summary: 'Try a model, or other thresholds',
      description: 'One at a time for a task. It is taken back by itself when it breaks a limit.',
      body: { content: { 'application/json': { schema: RolloutBody } } },
      response: { 201: answer('The rollout', RolloutSchema), ...problems(...BODY_PROBLEMS, 'ROLLOUT_BUSY') },
    },
    handler: async (request, reply) => {
      const wanted = newRolloutOf(bodyOf<Static<typeof RolloutBody>>(request))
      if (wanted.candidate.model === null && Object.keys(wanted.candidate.thresholds).length === 0)
        throw new RequestError('INVALID_REQUEST', 'there is nothing to try', {
          faults: [{ pointer: '', detail: 'name a model, or thresholds' }],
        })
      const rollout = await inWords(rollouts.start(wanted, saidBy(request)))
      return reply.code(201).send(toRolloutResource(rollout))
    },
  })
}
