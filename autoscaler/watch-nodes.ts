import { type FleetNodes, NODE_STATES, nodeState, presentNodes } from '../infra/domain/fleet-node.ts'
import type { Logger } from '../infra/ports/logger.ts'
import type { Metrics } from '../infra/ports/metrics.ts'
import type { NodeStore } from '../infra/ports/node-store.ts'
import { type Repeated, repeat } from '../infra/runtime/repeat.ts'
import { type Drains, MOST_NODES } from './drains.ts'

/** As often as nodes tell how they are. */
const LOOK_MS = 10_000
/** Who has not said anything for a day is not expected back. */
const FORGET_MS = 86_400_000
/** While a fleet changes over there are two; the label must stay bounded whatever nodes say. */
const MOST_VERSIONS = 20

interface WatchDeps {
  readonly nodes: Pick<NodeStore, 'list' | 'forget'>
  readonly drains: Pick<Drains, 'announceExpired'>
  readonly metrics: Pick<Metrics, 'gauges' | 'gaugeTable'>
  readonly log: Logger
  /** does this process lead? Only the leader shows nodes: they must not be counted twice */
  readonly leads: () => boolean
}

type Row = readonly [labels: readonly string[], value: number]

const byState = (fleet: FleetNodes, pools: readonly string[]): readonly Row[] => {
  const nodes = presentNodes(fleet)
  return pools.flatMap((pool) =>
    NODE_STATES.map((state): Row => {
      const found = nodes.filter((one) => one.pools.includes(pool) && nodeState(one, fleet.at) === state)
      return [[pool, state], found.length]
    }),
  )
}

const byVersion = (fleet: FleetNodes): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const node of presentNodes(fleet))
    if (nodeState(node, fleet.at) !== 'silent') counts.set(node.version, (counts.get(node.version) ?? 0) + 1)
  return new Map([...counts].sort(([, a], [, b]) => b - a).slice(0, MOST_VERSIONS))
}

/**
 * Shows how many nodes there are of each pool and version, tells of drains that ran out, and lets go of nodes that are gone.
 * @returns looks once; to be repeated
 */
export const showNodes = (
  { nodes, drains, metrics, leads }: Omit<WatchDeps, 'log'>,
  pools: readonly string[],
): (() => Promise<void>) => {
  let fleet: FleetNodes | undefined
  const shown = (): FleetNodes | undefined => (leads() ? fleet : undefined)
  const perState = () => (shown() ? byState(shown() as FleetNodes, pools) : [])
  const perVersion = () => (shown() ? byVersion(shown() as FleetNodes) : new Map<string, number>())
  metrics.gaugeTable('muster_autoscaler_nodes', 'Nodes that told of themselves', ['pool', 'state'], perState)
  metrics.gauges('muster_autoscaler_versions', 'Nodes by their version of Muster', 'version', perVersion)
  return async () => {
    if (!leads()) {
      fleet = undefined
      return
    }
    fleet = await nodes.list(MOST_NODES)
    await drains.announceExpired()
    await nodes.forget(FORGET_MS)
  }
}

/** The same, again and again. */
export const watchNodes = (deps: WatchDeps, pools: readonly string[]): Repeated =>
  repeat('nodes', LOOK_MS, deps.log, showNodes(deps, pools))
