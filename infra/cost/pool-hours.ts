import type { NodeHour } from '../ports/node-hour-store.ts'
import type { PresenceHour, UsageHour } from '../ports/usage-store.ts'
import { type PriceFile, priceOf } from './price-file.ts'

/** What was measured of a period. */
export interface Measured {
  readonly nodeHours: readonly NodeHour[]
  readonly usage: readonly UsageHour[]
  readonly presence: readonly PresenceHour[]
}

/** One hour of a pool. Used, idle and absent node time add up to `nodeMs`. */
export interface PoolHour {
  readonly pool: string
  readonly nodeMs: number
  readonly cost: number
  readonly observedMs: number
  readonly peakCount: number
  readonly usedMs: number
  readonly idleMs: number
  /** nodes that had a place while none of their workers was there */
  readonly absentMs: number
  readonly usage: readonly UsageHour[]
  /** node time for each ms a worker was busy */
  readonly nodeMsOfBusyMs: number
}

const HOUR_MS = 3_600_000
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

const grouped = <T extends { readonly hour: number; readonly pool: string }>(rows: readonly T[]) =>
  Map.groupBy(rows, ({ hour, pool }) => `${hour} ${pool}`)

/** Where an hour could not see it, the hours around it did: nodes of a pool are alike. */
const workersPerNode = (pool: string, hours: readonly NodeHour[]): number => {
  const seen = hours.filter((one) => one.pool === pool).flatMap((one) => one.workersPerNode ?? [])
  return seen.toSorted((a, b) => a - b)[Math.floor(seen.length / 2)] ?? 1
}

/** Node time and money of a period, hour by hour and pool by pool. Pure. @throws PricesInvalidError when a price is missing */
export const poolHours = ({ nodeHours, usage, presence }: Measured, prices: PriceFile): readonly PoolHour[] => {
  const [nodesOf, usageOf, presenceOf] = [grouped(nodeHours), grouped(usage), grouped(presence)]
  const usual = new Map(
    [...new Set(nodeHours.map(({ pool }) => pool))].map((pool) => [pool, workersPerNode(pool, nodeHours)]),
  )
  return [...new Set([...nodesOf.keys(), ...usageOf.keys()])].map((key): PoolHour => {
    const [nodes, used] = [nodesOf.get(key) ?? [], usageOf.get(key) ?? []]
    const pool = key.slice(key.indexOf(' ') + 1)
    const nodeMs = sum(nodes.map((node) => node.nodeMs))
    const perNode = nodes[0]?.workersPerNode ?? usual.get(pool) ?? 1
    const busyMs = sum(used.map((one) => one.busyMs))
    // What runs over the end of an hour is told in the next one.
    const presentMs = Math.max(busyMs, sum((presenceOf.get(key) ?? []).map((one) => one.presentMs)))
    // No more is divided than there was.
    const fits = presentMs > 0 ? Math.min(1, (nodeMs * perNode) / presentMs) : 0
    const nodeMsOfBusyMs = fits / perNode
    const [usedMs, idleMs] = [busyMs * nodeMsOfBusyMs, (presentMs - busyMs) * nodeMsOfBusyMs]
    return {
      ...{ pool, nodeMs, usage: used, nodeMsOfBusyMs, usedMs, idleMs, absentMs: Math.max(0, nodeMs - usedMs - idleMs) },
      cost: sum(nodes.map((node) => (node.nodeMs / HOUR_MS) * priceOf(prices, pool, node.zone))),
      observedMs: nodes[0]?.observedMs ?? 0,
      peakCount: nodes[0]?.poolPeakCount ?? 0,
    }
  })
}
