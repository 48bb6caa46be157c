import {
  drainEffectsIn,
  type FleetNode,
  type FleetNodes,
  nodeState,
  readyWorkersOf,
} from '../infra/domain/fleet-node.ts'
import type { CountBounds } from '../infra/domain/scaling.ts'

/** Bounds of pools by their names. What is not there has none. */
export type PoolBounds = ReadonlyMap<string, Pick<CountBounds, 'min'>>

/** Machines may rest by one person's word as long as at least this share of them goes on. */
const MOST_RESTING_RATIO = 0.5

const nodesOf = (count: number): string => (count === 1 ? '1 node of it is' : `${count} nodes of it are`)

/** Supervisors that are at work for a pool, by pool and machine (count). */
const atWorkIn = ({ at, nodes }: FleetNodes, resting: ReadonlySet<string>) => {
  const working = nodes
    .filter(({ name }) => !resting.has(name))
    .flatMap((node) => node.pools.filter((pool) => readyWorkersOf(node, pool, at) > 0).map((pool) => [pool, node.name]))
  const byPool = Map.groupBy(working, ([pool]) => pool)
  const names = new Map([...byPool].map(([pool, found]) => [pool, Map.groupBy(found, ([, name]) => name)]))
  return (pool: string, without: string): number =>
    (byPool.get(pool)?.length ?? 0) - (names.get(pool)?.get(without)?.length ?? 0)
}

/**
 * What speaks against draining a machine by one word: a pool would have no worker left, or fewer nodes at work than its
 * lower bound, or more than half of the machines would rest. Whoever means it all the same says so. A machine that does no
 * work anyway is drained without a word. All of them are gone through once, whatever is asked for then.
 * @returns sentences about the machine of a name; empty = nothing speaks against it
 */
export const drainCautionsIn = (fleet: FleetNodes, bounds: PoolBounds): ((name: string) => readonly string[]) => {
  const resting = new Set(fleet.drains.map(({ node }) => node))
  const named = Map.groupBy(fleet.nodes, ({ name }) => name)
  const states = (name: string) => (named.get(name) ?? []).map((node: FleetNode) => nodeState(node, fleet.at))
  const isOut = (name: string): boolean =>
    states(name).every((state) => state === 'silent' || state === 'quarantined' || state === 'stopping')
  const there = [...named.keys()].filter((name) => resting.has(name) || states(name).some((one) => one !== 'silent'))
  const restingCount = there.filter((name) => resting.has(name)).length
  const effectsOf = drainEffectsIn(fleet)
  const atWork = atWorkIn(fleet, resting)

  return (name) => {
    if (isOut(name)) return []
    const pools = effectsOf(name).flatMap(({ pool, stopping, left }) => {
      if (stopping === 0 && !resting.has(name)) return []
      if (left === 0) return [`${pool}: no worker of it is left`]
      const [goOn, min] = [atWork(pool, name), bounds.get(pool)?.min ?? 0]
      return goOn < min ? [`${pool}: ${nodesOf(goOn)} left at work, its lower bound is ${min}`] : []
    })
    const count = restingCount + (resting.has(name) ? 0 : 1)
    const tooMany = there.length > 1 && count > there.length * MOST_RESTING_RATIO
    return tooMany ? [...pools, `${count} of ${there.length} machines rest then, more than half`] : pools
  }
}
