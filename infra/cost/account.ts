import { type Measured, type PoolHour, poolHours } from './pool-hours.ts'
import type { PriceFile } from './price-file.ts'

/**
 * - `used`: a worker was busy with it
 * - `idle`: workers were there and had nothing in hand
 * - `absent`: nodes had a place, and no worker was there: they booted, loaded models, or were broken
 */
export type LineKind = 'used' | 'idle' | 'absent'

/** One line of a bill. */
export interface CostLine {
  /** pool, model or tenant; '' of what is nobody's */
  readonly name: string
  readonly kind: LineKind
  readonly nodeHours: number
  readonly cost: number
  readonly runCount: number
  /** of what was used, for a thousand runs; null = there was none */
  readonly perThousand: number | null
}

/** A pool as a whole, and as it would have been with its greatest count all the time. */
export interface PoolCost {
  readonly pool: string
  readonly nodeHours: number
  readonly cost: number
  readonly runCount: number
  /** of all its cost, what was idle included */
  readonly perThousand: number | null
  /** of the node hours */
  readonly usedRatio: number
  readonly idleRatio: number
  readonly peakCount: number
  /** the greatest count, for as long as somebody looked */
  readonly staticCost: number
  /** of the period, so much was looked at */
  readonly observedHours: number
}

/** What a period cost, divided in three ways; the lines of each add up to the whole. */
export interface CostReport {
  readonly currency: string
  /** epoch ms */
  readonly from: number
  readonly until: number
  readonly nodeHours: number
  readonly cost: number
  readonly runCount: number
  readonly perThousand: number | null
  readonly staticCost: number
  readonly pools: readonly PoolCost[]
  readonly byPool: readonly CostLine[]
  readonly byModel: readonly CostLine[]
  readonly byTenant: readonly CostLine[]
  /** what could not be measured, or not be given to anybody */
  readonly notes: readonly string[]
}

const HOUR_MS = 3_600_000
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
const perThousand = (cost: number, runCount: number): number | null => (runCount > 0 ? (cost / runCount) * 1_000 : null)

interface Part {
  readonly name: string
  readonly kind: LineKind
  readonly nodeMs: number
  readonly cost: number
  readonly runCount: number
}

const priceOfMs = ({ cost, nodeMs }: PoolHour): number => (nodeMs > 0 ? cost / nodeMs : 0)

/** @param nameOf whose a run is @param unusedOf whose what nobody used is; '' = nobody's */
const partsOf = (
  hour: PoolHour,
  nameOf: (usage: PoolHour['usage'][number]) => string,
  unusedOf: (hour: PoolHour) => string,
): readonly Part[] => {
  const price = priceOfMs(hour)
  const unused = (kind: LineKind, nodeMs: number): Part => {
    return { name: unusedOf(hour), kind, nodeMs, cost: nodeMs * price, runCount: 0 }
  }
  return [
    ...hour.usage.map((one): Part => {
      const nodeMs = one.busyMs * hour.nodeMsOfBusyMs
      return { name: nameOf(one), kind: 'used', nodeMs, cost: nodeMs * price, runCount: one.runCount }
    }),
    unused('idle', hour.idleMs),
    unused('absent', hour.absentMs),
  ]
}

const ORDER: readonly LineKind[] = ['used', 'idle', 'absent']

const linesOf = (parts: readonly Part[]): readonly CostLine[] =>
  [...Map.groupBy(parts, ({ kind, name }) => `${ORDER.indexOf(kind)} ${name}`)]
    .map(([, same]): CostLine => {
      const { name, kind } = same[0] as Part
      const cost = sum(same.map((part) => part.cost))
      const runCount = sum(same.map((part) => part.runCount))
      const nodeHours = sum(same.map(({ nodeMs }) => nodeMs)) / HOUR_MS
      return { name, kind, nodeHours, cost, runCount, perThousand: perThousand(cost, runCount) }
    })
    .toSorted((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || b.cost - a.cost || (a.name < b.name ? -1 : 1))

const poolCost = (pool: string, hours: readonly PoolHour[]): PoolCost => {
  const nodeMs = sum(hours.map((hour) => hour.nodeMs))
  const cost = sum(hours.map((hour) => hour.cost))
  const runCount = sum(hours.flatMap(({ usage }) => usage.map((one) => one.runCount)))
  const observedHours = sum(hours.map(({ observedMs }) => observedMs)) / HOUR_MS
  const peakCount = Math.max(0, ...hours.map((hour) => hour.peakCount))
  const share = (ms: number): number => (nodeMs > 0 ? ms / nodeMs : 0)
  return {
    ...{ pool, nodeHours: nodeMs / HOUR_MS, cost, runCount, perThousand: perThousand(cost, runCount) },
    usedRatio: share(sum(hours.map(({ usedMs }) => usedMs))),
    idleRatio: share(sum(hours.map(({ idleMs }) => idleMs))),
    ...{ peakCount, observedHours },
    // At the price that its hours had on average.
    staticCost: nodeMs > 0 ? peakCount * observedHours * (cost / (nodeMs / HOUR_MS)) : 0,
  }
}

const notesOf = (hours: readonly PoolHour[], pools: readonly PoolCost[], periodHours: number): readonly string[] => [
  ...pools.flatMap(({ pool, observedHours }) => {
    const missing = periodHours - observedHours
    return missing > periodHours / 100
      ? [
          `${pool}: its nodes were not looked at in ${missing.toFixed(1)} of ${periodHours.toFixed(1)} h, which are missing here`,
        ]
      : []
  }),
  ...pools.flatMap(({ pool }) => {
    const alone = hours.filter((hour) => hour.pool === pool && hour.nodeMs === 0)
    const runs = sum(alone.flatMap(({ usage }) => usage.map(({ runCount }) => runCount)))
    return runs > 0 ? [`${pool}: ${runs} runs were in hours in which no node was seen: they cost nothing here`] : []
  }),
]

/**
 * What a period cost, by pool, by model and by tenant. Whose run a worker was busy with pays for that part of its node;
 * what nobody used is a line of its own. Pure.
 * @param from epoch ms @param until epoch ms; whole hours
 * @throws PricesInvalidError when a price is missing
 */
export const account = (measured: Measured, prices: PriceFile, from: number, until: number): CostReport => {
  const hours = poolHours(measured, prices)
  const byPool = Map.groupBy(hours, ({ pool }) => pool)
  const pools = [...byPool].map(([pool, own]) => poolCost(pool, own)).toSorted((a, b) => (a.pool < b.pool ? -1 : 1))
  const lines = (nameOf: Parameters<typeof partsOf>[1], unusedOf: Parameters<typeof partsOf>[2] = () => '') =>
    linesOf(hours.flatMap((hour) => partsOf(hour, nameOf, unusedOf)))
  const [cost, runCount] = [sum(pools.map((pool) => pool.cost)), sum(pools.map((pool) => pool.runCount))]
  return {
    ...{ currency: prices.currency, from, until, nodeHours: sum(pools.map((pool) => pool.nodeHours)), cost, runCount },
    perThousand: perThousand(cost, runCount),
    staticCost: sum(pools.map((pool) => pool.staticCost)),
    pools,
    byPool: lines(
      ({ pool }) => pool,
      ({ pool }) => pool,
    ),
    byModel: lines(({ model }) => model),
    byTenant: lines(({ tenant }) => tenant),
    notes: notesOf(hours, pools, (until - from) / HOUR_MS),
  }
}
