/**
 * How a node says it is:
 * - `starting`: workers are coming up, and none of them has failed
 * - `ready`: every worker that is wanted takes jobs
 * - `degraded`: a worker ended by itself, or does not get jobs
 * - `quarantined`: a device of it failed again and again, so no worker runs
 * - `draining`: its workers finish what they have in hand, because a person wished it
 * - `drained`: they have, and no worker runs until the wish is over
 * - `stopping`: its process ends
 */
export const TOLD_STATES = ['starting', 'ready', 'degraded', 'quarantined', 'draining', 'drained', 'stopping'] as const
export type ToldState = (typeof TOLD_STATES)[number]

/** The same as the fleet sees it. `silent`: it has not said anything for a while, and not that it would leave. */
export const NODE_STATES = [...TOLD_STATES, 'silent'] as const
export type NodeState = (typeof NODE_STATES)[number]

/** A node says every ten seconds how it is: one that missed four of them is gone, or cannot reach the database. */
export const SILENT_MS = 45_000

export const WORKER_STATES = ['waiting', 'starting', 'ready', 'leaving'] as const
export type WorkerState = (typeof WORKER_STATES)[number]

/** One worker process of a node. What nobody could tell is null, never zero. */
export interface NodeWorker {
  readonly pool: string
  readonly index: number
  /** null = no process runs: it ended, and is started again after a pause; or, in a container of its own, nobody can tell */
  readonly pid: number | null
  readonly state: WorkerState
  /** epoch ms by the node's clock */
  readonly since: number
  /** null = nobody counts them */
  readonly restarts: number | null
  /** what its models run on; empty = it has not said yet */
  readonly devices: readonly string[]
  /** `name@version,...`; null = it has not said yet */
  readonly models: string | null
  /** jobs in hand; null = it has not said */
  readonly inHand: number | null
}

/** A device of a node. What nobody could tell is null, never zero. */
export interface NodeDevice {
  /** `cpu`, `cuda`, ...; a further GPU that no worker uses is `cuda:1`, ... */
  readonly name: string
  /** as the driver calls it */
  readonly gpu: string | null
  readonly driver: string | null
  readonly memoryBytes: number | null
  readonly memoryUsedBytes: number | null
  /** share of the last moment in which it computed, 0..1 */
  readonly utilisationRatio: number | null
  /** why it gets no jobs; null = it does */
  readonly quarantine: { readonly why: string; readonly since: number } | null
}

/** How hard the machine works: `perCore` is 1 when every core has one thing to do. */
export interface MachineLoad {
  readonly coreCount: number
  readonly perCore: number
}

/** What a node supervisor says of itself, or the gate of workers in containers of their own for these. */
export interface NodeTold {
  /** this supervisor, from its start to its end, or the allocation of a gate; a machine may have several */
  readonly id: string
  /** the machine */
  readonly name: string
  readonly zone: string | null
  readonly pools: readonly string[]
  /** of Muster */
  readonly version: string
  readonly state: ToldState
  readonly workers: readonly NodeWorker[]
  /** workers beyond those that are told one by one (count) */
  readonly moreWorkers: number
  readonly devices: readonly NodeDevice[]
  readonly load: MachineLoad | null
}

/** A person's wish that a machine does no work for a while. Instants are epoch ms by the database's clock. */
export interface Drain {
  readonly node: string
  readonly reason: string
  readonly actor: string
  readonly since: number
  /** then its workers start again by themselves */
  readonly until: number
}

/** A node as the fleet remembers it. */
export interface FleetNode extends NodeTold {
  /** epoch ms by the database's clock: when it first and last said something */
  readonly startedAt: number
  readonly seenAt: number
}

/** Everything that is known of nodes at one instant. */
export interface FleetNodes {
  /** epoch ms by the database's clock */
  readonly at: number
  readonly nodes: readonly FleetNode[]
  /** wishes that hold, also those for machines that nobody has heard of lately */
  readonly drains: readonly Drain[]
}

/** How a node is, to whoever looks at the fleet. */
export const nodeState = ({ state, seenAt }: Pick<FleetNode, 'state' | 'seenAt'>, now: number): NodeState =>
  now - seenAt > SILENT_MS ? 'silent' : state

const isSuccessor = (older: FleetNode) => (one: FleetNode) =>
  one.startedAt > older.startedAt && one.pools.join(' ') === older.pools.join(' ')

const byName = (nodes: readonly FleetNode[]) => Map.groupBy(nodes, ({ name }) => name)

/** Those worth showing: of a supervisor that died and was started anew only the new one. In order of their names. */
export const presentNodes = ({ at, nodes }: FleetNodes): readonly FleetNode[] => {
  const named = byName(nodes)
  return nodes
    .filter((one) => nodeState(one, at) !== 'silent' || !named.get(one.name)?.some(isSuccessor(one)))
    .toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.startedAt - b.startedAt))
}

/** Workers of a pool on a node that take jobs now (count). Nobody knows it of a silent one: 0. */
export const readyWorkersOf = (node: FleetNode, pool: string, now: number): number =>
  nodeState(node, now) === 'silent'
    ? 0
    : node.workers.filter((worker) => worker.pool === pool && worker.state === 'ready').length

/** What draining a machine means to one pool. */
export interface DrainEffect {
  readonly pool: string
  /** workers of the machine that stop (count) */
  readonly stopping: number
  /** workers on other machines that take jobs (count) */
  readonly left: number
}

/**
 * What draining machines would mean. All of them are gone through once, whatever is asked for then.
 * @returns effects on each pool of the machine of a name, in order of the pools' names
 */
export const drainEffectsIn = (fleet: FleetNodes): ((name: string) => readonly DrainEffect[]) => {
  const count = (nodes: readonly FleetNode[], pool: string) =>
    nodes.reduce((sum, node) => sum + readyWorkersOf(node, pool, fleet.at), 0)
  const named = byName(fleet.nodes)
  const drained = new Set(fleet.drains.map(({ node }) => node))
  const working = fleet.nodes.filter(({ name }) => !drained.has(name))
  const pools = [...new Set(fleet.nodes.flatMap((node) => node.pools))].sort()
  const ready = new Map(pools.map((pool) => [pool, count(working, pool)]))
  return (name) => {
    const own = named.get(name) ?? []
    const touched = new Set(own.flatMap((node) => node.pools))
    return pools
      .filter((pool) => touched.has(pool))
      .map((pool) => {
        const stopping = count(own, pool)
        return { pool, stopping, left: (ready.get(pool) ?? 0) - (drained.has(name) ? 0 : stopping) }
      })
  }
}

/** The same of one machine. */
export const drainEffects = (fleet: FleetNodes, name: string): readonly DrainEffect[] => drainEffectsIn(fleet)(name)
