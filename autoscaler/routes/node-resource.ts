import Type from 'typebox'
import {
  type Drain,
  drainEffectsIn,
  type FleetNode,
  type FleetNodes,
  NODE_STATES,
  type NodeDevice,
  type NodeWorker,
  nodeState,
  WORKER_STATES,
} from '../../infra/domain/fleet-node.ts'
import { nullable, strict, words } from '../../infra/http/schema.ts'
import { drainCautionsIn, type PoolBounds } from '../drain-cautions.ts'
import { forceInWords } from '../drain-errors.ts'
import { drainInWords, nodeHeadline } from '../node-words.ts'

const Instant = (description?: string) =>
  Type.String({ format: 'date-time', ...(description !== undefined && { description }) })
const Count = (description: string) => Type.Integer({ minimum: 0, description })

/** A wish that holds. */
export const DrainSchema = strict(
  {
    reason: Type.String(),
    by: Type.String({ description: 'who said it: a key id, or `cli:` and a user' }),
    since: Instant(),
    until: Instant('then its workers start again by themselves'),
  },
  { description: 'somebody wishes that the machine does no work' },
)

const WorkerSchema = strict({
  pool: Type.String(),
  index: Count('its number on the node'),
  pid: nullable(Type.Integer({ description: 'null = no process runs now, or unknown' })),
  state: words(WORKER_STATES, '`waiting`: it ended, and is started again after a pause'),
  since: Instant('by the clock of the node'),
  restarts: nullable(Count('since the node started; null = unknown')),
  devices: Type.Array(Type.String(), { description: 'what its models run on' }),
  models: nullable(Type.String({ description: '`name@version,...`' })),
  inHand: nullable(Count('jobs in hand; null = unknown')),
})

const DeviceSchema = strict({
  name: Type.String({ description: '`cpu`, `cuda`, ...' }),
  gpu: nullable(Type.String({ description: 'as the driver calls it' })),
  driver: nullable(Type.String()),
  quarantined: Type.Boolean({ description: 'it failed again and again and gets no jobs' }),
  why: nullable(Type.String({ description: 'of the quarantine' })),
  since: nullable(Instant('of the quarantine, by the clock of the node')),
  utilisation: nullable(Type.Number({ description: '0..1; null = unknown' })),
  memoryUsedBytes: nullable(Type.Integer({ description: 'null = unknown' })),
  memoryBytes: nullable(Type.Integer({ description: 'null = unknown' })),
})

/** A node as HTTP and `--json` show it. Members are added, never renamed. */
export const NodeSchema = strict({
  id: Type.String({ description: 'of its supervisor, from its start to its end: a machine may have several' }),
  name: Type.String({ description: 'of the machine' }),
  state: words(NODE_STATES, '`silent`: nothing was heard of it for 45 s'),
  headline: Type.String({ description: 'how it is, in words' }),
  zone: nullable(Type.String()),
  pools: Type.Array(Type.String()),
  version: Type.String({ description: 'of Muster' }),
  startedAt: Instant('when it was first heard of'),
  seenAt: Instant('when it was last heard of'),
  drain: nullable(DrainSchema),
  ifDrained: Type.Array(Type.String(), { description: 'what draining it would mean now, in words' }),
  forceNeeded: Type.Boolean({ description: 'draining it now takes `force`; the words above say why' }),
  load: nullable(
    strict({ cores: Count('of the machine'), perCore: Type.Number({ description: '1 = each has one thing to do' }) }),
  ),
  workers: Type.Array(WorkerSchema),
  moreWorkers: Count('workers beyond those listed'),
  devices: Type.Array(DeviceSchema),
})

const instant = (epochMs: number): string => new Date(epochMs).toISOString()

/** A wish as HTTP and `--json` show it. */
export const toDrainResource = ({ reason, actor, since, until }: Drain) => ({
  reason,
  by: actor,
  since: instant(since),
  until: instant(until),
})

const toWorker = ({ since, ...worker }: NodeWorker) => ({ ...worker, since: instant(since) })

const toDevice = ({ quarantine, utilisationRatio, ...device }: NodeDevice) => ({
  ...device,
  quarantined: quarantine !== null,
  why: quarantine?.why ?? null,
  since: quarantine ? instant(quarantine.since) : null,
  utilisation: utilisationRatio,
})

/** Nodes as HTTP and `--json` show them. @param fleet all there is, which draining one would touch */
export const createToNodeResource = (fleet: FleetNodes, bounds: PoolBounds) => {
  const effectsOf = drainEffectsIn(fleet)
  const cautionsOf = drainCautionsIn(fleet, bounds)
  const drains = new Map(fleet.drains.map((drain) => [drain.node, drain]))
  return (node: FleetNode) => {
    const { id, name, zone, pools, version, startedAt, seenAt, load, workers, moreWorkers, devices } = node
    const drain = drains.get(name)
    const cautions = drain ? [] : cautionsOf(name)
    const force = cautions.length > 0 ? [forceInWords(cautions)] : []
    return {
      ...{ id, name, zone, pools, version, moreWorkers },
      state: nodeState(node, fleet.at),
      headline: nodeHeadline(node, drain, fleet.at),
      startedAt: instant(startedAt),
      seenAt: instant(seenAt),
      drain: drain ? toDrainResource(drain) : null,
      ifDrained: drain ? [] : [...drainInWords(name, effectsOf(name)), ...force],
      forceNeeded: cautions.length > 0,
      load: load && { cores: load.coreCount, perCore: load.perCore },
      workers: workers.map(toWorker),
      devices: devices.map(toDevice),
    }
  }
}
