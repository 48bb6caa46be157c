import type { FastifyInstance, FastifyRequest } from 'fastify'
import Type, { type Static } from 'typebox'
import { type FleetNodes, presentNodes } from '../../infra/domain/fleet-node.ts'
import { principalOf } from '../../infra/http/request-context.ts'
import { RequestError } from '../../infra/http/request-error.ts'
import { answer, BODY_PROBLEMS, problems } from '../../infra/http/responses.ts'
import { nullable, strict } from '../../infra/http/schema.ts'
import type { NodeStore } from '../../infra/ports/node-store.ts'
import type { PoolBounds } from '../drain-cautions.ts'
import { ForceNeededError, NodeNotFoundError } from '../drain-errors.ts'
import { type DrainOutcome, type Drains, MAX_DRAIN_MS, MOST_NODES } from '../drains.ts'
import { SecondPersonNeededError } from '../override-errors.ts'
import type { Said } from '../overrides.ts'
import { createToNodeResource, DrainSchema, NodeSchema, toDrainResource } from './node-resource.ts'
import { Reason } from './reason.ts'

const MINUTE_MS = 60_000

const Params = Type.Object({ node: Type.String({ description: 'name of the machine' }) })
const Body = strict(
  {
    reason: Reason,
    minutes: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_DRAIN_MS / MINUTE_MS,
        description: 'then its workers start again by themselves; 480 unless told; over 1440 takes a second person',
      }),
    ),
    force: Type.Optional(
      Type.Boolean({ description: 'it is meant, whatever `FORCE_NEEDED` says against it; it is on the audit trail' }),
    ),
  },
  { examples: [{ reason: 'a fan is replaced', minutes: 90 }] },
)
const ReleaseBody = strict({ reason: Reason }, { examples: [{ reason: 'it turns again' }] })

const NodesSchema = strict({
  at: Type.String({ format: 'date-time', description: "by the database's clock, which says who is silent" }),
  nodes: Type.Array(NodeSchema),
  elsewhere: Type.Array(strict({ name: Type.String(), drain: DrainSchema }), {
    description: 'machines with a wish that nobody has heard of lately',
  }),
})

const Outcome = strict({
  node: Type.String(),
  drain: nullable(DrainSchema),
  pools: Type.Array(
    strict({
      pool: Type.String(),
      stopping: Type.Integer({ description: 'workers that stop' }),
      left: Type.Integer({ description: 'workers on other nodes that take jobs' }),
    }),
  ),
  lines: Type.Array(Type.String(), { description: 'all of it in words' }),
})

/** All nodes as HTTP and `--json` show them. */
export const toNodesResource = (fleet: FleetNodes, bounds: PoolBounds) => {
  const known = new Set(fleet.nodes.map(({ name }) => name))
  return {
    at: new Date(fleet.at).toISOString(),
    nodes: presentNodes(fleet).map(createToNodeResource(fleet, bounds)),
    elsewhere: fleet.drains
      .filter(({ node }) => !known.has(node))
      .map((drain) => ({ name: drain.node, drain: toDrainResource(drain) })),
  }
}

/** What came of a wish as HTTP and `--json` show it. */
export const toDrainOutcome = ({ node, drain, effects, lines }: DrainOutcome) => ({
  node,
  drain: drain ? toDrainResource(drain) : null,
  pools: effects,
  lines,
})

/** What the routes of nodes need. */
export interface NodesDeps {
  readonly nodes: Pick<NodeStore, 'list'>
  readonly drains: Pick<Drains, 'drain' | 'release'>
  readonly bounds: PoolBounds
}

const tags = ['nodes']
const saidBy = (request: FastifyRequest): Said => ({
  actor: principalOf(request).keyId,
  channel: 'api',
  requestId: request.id,
})

const refused = (error: unknown): never => {
  const isKnown =
    error instanceof NodeNotFoundError || error instanceof ForceNeededError || error instanceof SecondPersonNeededError
  throw isKnown ? new RequestError(error.code, error.message, { cause: error }) : error
}

const bodyOf = <T>({ body }: FastifyRequest): T => {
  if (body === undefined) throw new RequestError('MALFORMED_BODY', 'the body is empty')
  return body as T
}

type NodeRequest = FastifyRequest<{ Params: Static<typeof Params> }>

const addDraining = (app: FastifyInstance, { drains }: NodesDeps): void => {
  const config = { access: 'fleet:operate' } as const

  app.post('/v1/nodes/:node/drain', {
    config,
    schema: {
      operationId: 'drain-node',
      tags,
      summary: 'Let a machine finish its jobs and do no work for a while',
      description:
        'Its workers take no more jobs, finish what they have and end; the supervisor stays. It hears of it within some ten seconds, or as soon as it is there again. A wish that holds is replaced. Where a pool would have no worker left, or fewer nodes at work than its lower bound, or more than half of the machines would rest, it takes `force`. Over 24 hours takes two people: one whose wish holds, and another who says the longer time.',
      params: Params,
      body: { content: { 'application/json': { schema: Body } } },
      response: {
        200: answer('What happens now', Outcome),
        ...problems('NODE_NOT_FOUND', 'FORCE_NEEDED', 'SECOND_PERSON_NEEDED', ...BODY_PROBLEMS),
      },
    },
    handler: async (request: NodeRequest) => {
      const { reason, minutes, force } = bodyOf<Static<typeof Body>>(request)
      const durationMs = minutes === undefined ? undefined : minutes * MINUTE_MS
      const wish = { reason, durationMs, force }
      return toDrainOutcome(await drains.drain(request.params.node, wish, saidBy(request)).catch(refused))
    },
  })

  app.delete('/v1/nodes/:node/drain', {
    config,
    schema: {
      operationId: 'release-node',
      tags,
      summary: 'Let a drained machine work again',
      description: 'Where it was not drained, nothing happens.',
      params: Params,
      // Not in the query: what is said there stands in the log of every proxy.
      body: { content: { 'application/json': { schema: ReleaseBody } } },
      response: { 200: answer('What happens now', Outcome), ...problems('NODE_NOT_FOUND', ...BODY_PROBLEMS) },
    },
    handler: async (request: NodeRequest) => {
      const { reason } = bodyOf<Static<typeof ReleaseBody>>(request)
      return toDrainOutcome(await drains.release(request.params.node, reason, saidBy(request)).catch(refused))
    },
  })
}

/** Look at the machines of the fleet, and keep one from work for a while. */
export const addNodes = (app: FastifyInstance, deps: NodesDeps): void => {
  app.get('/v1/nodes', {
    config: { access: 'fleet:read' },
    schema: {
      operationId: 'list-nodes',
      tags,
      summary: 'List the machines, their workers and devices, and how each is',
      response: { 200: answer('All nodes, by name', NodesSchema), ...problems() },
    },
    handler: async () => toNodesResource(await deps.nodes.list(MOST_NODES), deps.bounds),
  })
  addDraining(app, deps)
}
