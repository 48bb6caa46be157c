import type { FastifyInstance, FastifyRequest } from 'fastify'
import Type, { type Static } from 'typebox'
import { type FleetNodes, presentNodes } from '../../infra/domain/fleet-node.ts'
import { principalOf } from '../../infra/http/request-context.ts'
import { RequestError } from '../../infra/http/request-error.ts'
import { answer, BODY_PROBLEMS, problems } from '../../infra/http/responses.ts'
import { nullable, PRINTABLE, strict } from '../../infra/http/schema.ts'
import type { NodeStore } from '../../infra/ports/node-store.ts'
import { type DrainOutcome, type Drains, MAX_DRAIN_MS, MOST_NODES, NodeNotFoundError } from '../drains.ts'
import type { Said } from '../overrides.ts'
import { createToNodeResource, DrainSchema, NodeSchema, toDrainResource } from './node-resource.ts'

const MINUTE_MS = 60_000

const Reason = Type.String({
  minLength: 1,
  maxLength: 300,
  pattern: PRINTABLE,
  description: 'for whoever wonders later',
})
const Params = Type.Object({ node: Type.String({ description: 'name of the machine' }) })
const Body = strict(
  {
    reason: Reason,
    minutes: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_DRAIN_MS / MINUTE_MS,
        description: 'then its workers start again by themselves; 480 unless told',
      }),
    ),
  },
  { examples: [{ reason: 'a fan is replaced', minutes: 90 }] },
)
const ReleaseQuery = Type.Object({ reason: Reason })

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
export const toNodesResource = (fleet: FleetNodes) => {
  const known = new Set(fleet.nodes.map(({ name }) => name))
  return {
    at: new Date(fleet.at).toISOString(),
    nodes: presentNodes(fleet).map(createToNodeResource(fleet)),
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
}

const tags = ['nodes']
const saidBy = (request: FastifyRequest): Said => ({
  actor: principalOf(request).keyId,
  channel: 'api',
  requestId: request.id,
})

const refused = (error: unknown): never => {
  if (error instanceof NodeNotFoundError) throw new RequestError('NODE_NOT_FOUND', 'no node of this name is known')
  throw error
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
        'Its workers take no more jobs, finish what they have and end; the supervisor stays. It hears of it within some ten seconds, or as soon as it is there again. A wish that holds is replaced.',
      params: Params,
      body: { content: { 'application/json': { schema: Body } } },
      response: {
        200: answer('What happens now', Outcome),
        ...problems('NODE_NOT_FOUND', ...BODY_PROBLEMS),
      },
    },
    handler: async (request: NodeRequest) => {
      const body = request.body as Static<typeof Body> | undefined
      if (body === undefined) throw new RequestError('MALFORMED_BODY', 'the body is empty')
      const durationMs = body.minutes === undefined ? undefined : body.minutes * MINUTE_MS
      const { node } = request.params
      return toDrainOutcome(await drains.drain(node, body.reason, saidBy(request), durationMs).catch(refused))
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
      querystring: ReleaseQuery,
      response: { 200: answer('What happens now', Outcome), ...problems('INVALID_REQUEST', 'NODE_NOT_FOUND') },
    },
    handler: async (request: NodeRequest) => {
      const { reason } = request.query as Static<typeof ReleaseQuery>
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
    handler: async () => toNodesResource(await deps.nodes.list(MOST_NODES)),
  })
  addDraining(app, deps)
}
