import { SIGNALS, type Signal } from '../../infra/domain/drift-signals.ts'
import { TASK_NAMES, type TaskName } from '../../infra/domain/task.ts'

/** Something that changes what one tenant sends, from an hour on. */
export interface Change {
  /** hours since the traffic began */
  readonly from: number
  readonly until?: number
  /** undefined = every tenant */
  readonly tenant?: string
  readonly task?: TaskName
  /** factor of the number of jobs */
  readonly volume?: number
  /** by signal: how its distribution becomes another */
  readonly bend?: Readonly<Record<string, (shares: readonly number[], signal: Signal) => readonly number[]>>
  readonly model?: string
}

/** What is simulated. */
export interface Traffic {
  readonly seed: number
  readonly tenantCount: number
  readonly checksPerDay: number
  readonly changes: readonly Change[]
}

const HOURS_OF_WEEK = 168
const TASK_SHARES: Readonly<Record<TaskName, number>> = { 'face-match': 0.5, liveness: 0.3, ocr: 0.2 }
const SDKS = ['js 1.0', 'js 1.1', 'none']
/** Volumes of a tenant's days differ by so much (standard deviation of the logarithm), and its distributions lean by so much. */
const DAY_VOLUME = 0.15
const DAY_LEAN = 0.05
/** Of outcomes and yes-or-no signals, the first bin has most. */
const FIRST_BIN = 0.93

/** @source mulberry32, public domain */
const randomOf = (seed: number) => {
  let state = seed >>> 0
  return (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

const poisson = (random: () => number, mean: number): number => {
  if (mean > 15) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)))
  const limit = Math.exp(-mean)
  let count = -1
  for (let product = 1; product > limit; count += 1) product *= random()
  return Math.max(0, count)
}

const toShares = (weights: readonly number[]): readonly number[] => {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => weight / total)
}

/** A hump somewhere over ordered bins; else most in the first bin and the rest anyhow. */
const distributionOf = (signal: Signal, random: () => number): readonly number[] => {
  const { bins, isOrdered } = signal
  if (isOrdered) {
    const [centre, width] = [bins.length * (0.5 + 0.3 * random()), bins.length * (0.12 + 0.08 * random())]
    return toShares(bins.map((_, bin) => Math.exp(-0.5 * ((bin + 0.5 - centre) / width) ** 2) + 0.002))
  }
  const rest = toShares(bins.slice(1).map(() => random() ** 3 + 0.001))
  return [FIRST_BIN, ...rest.map((share) => share * (1 - FIRST_BIN))]
}

interface Tenant {
  readonly name: string
  readonly sdk: string
  readonly share: number
  /** by hour of the week, 1 on average */
  readonly rhythm: readonly number[]
  readonly shapes: ReadonlyMap<Signal, readonly number[]>
}

const rhythmOf = (random: () => number): readonly number[] => {
  const [peak, weekend, night] = [9 + 9 * random(), 0.2 + 0.8 * random(), 0.05 + 0.2 * random()]
  const weights = Array.from({ length: HOURS_OF_WEEK }, (_, hour) => {
    const byDay = night + Math.exp(-0.5 * (((hour % 24) - peak) / 4) ** 2)
    return byDay * (hour >= 120 ? weekend : 1)
  })
  return toShares(weights).map((share) => share * HOURS_OF_WEEK)
}

const tenantsOf = (count: number, random: () => number): readonly Tenant[] => {
  // A few are large and many are small.
  const shares = toShares(Array.from({ length: count }, (_, index) => 1 / (index + 1)))
  return shares.map((share, index) => ({
    ...{ name: `tenant-${index + 1}`, sdk: SDKS[index % SDKS.length] as string, share },
    rhythm: rhythmOf(random),
    shapes: new Map(TASK_NAMES.flatMap((task) => SIGNALS[task].map((one) => [one, distributionOf(one, random)]))),
  }))
}

const lean = (shares: readonly number[], by: number): readonly number[] =>
  toShares(shares.map((share, bin) => share * Math.exp((by * 4 * bin) / shares.length)))

const holds = (
  { from, until = Number.POSITIVE_INFINITY, ...change }: Change,
  hour: number,
  tenant: string,
  task: TaskName,
) => hour >= from && hour < until && (change.tenant ?? tenant) === tenant && (change.task ?? task) === task

/** What one tenant sent in an hour, by task: each signal's bins after those of the signal before it. */
export interface TenantHour {
  readonly task: TaskName
  readonly model: string
  readonly tenant: string
  readonly sdk: string
  readonly counts: readonly number[]
}

/** Neighbouring seeds give sequences that have nothing to do with each other. */
const HOUR_STRIDE = 7_919
const DAY_STRIDE = 104_729

/**
 * Made-up traffic, hour by hour: tenants of many sizes, each with its own pictures and its own rhythm of days and weeks, whose
 * volumes and pictures differ a little from day to day. The same seed gives the same traffic.
 * @returns what is sent in an hour, counted since the traffic began on a Monday, midnight
 */
export const trafficOf = ({
  seed,
  tenantCount,
  checksPerDay,
  changes,
}: Traffic): ((hour: number) => readonly TenantHour[]) => {
  const tenants = tenantsOf(tenantCount, randomOf(seed))

  const dayOf = (hour: number) => {
    const random = randomOf(seed + DAY_STRIDE * (1 + Math.floor(hour / 24)))
    return tenants.map(() => ({ volume: Math.exp(DAY_VOLUME * normal(random)), leaning: DAY_LEAN * normal(random) }))
  }

  return (hour) => {
    const random = randomOf(seed + HOUR_STRIDE * (1 + hour))
    const day = dayOf(hour)
    return tenants.flatMap((tenant, index) =>
      TASK_NAMES.map((task): TenantHour => {
        const { volume = 1, leaning = 0 } = day[index] ?? {}
        const bends = changes.filter((change) => holds(change, hour, tenant.name, task))
        const factor = bends.reduce((product, bend) => product * (bend.volume ?? 1), volume)
        const rhythm = tenant.rhythm[hour % HOURS_OF_WEEK] ?? 1
        const jobs = (checksPerDay / 24) * TASK_SHARES[task] * tenant.share * rhythm * factor
        const counts = SIGNALS[task].flatMap((signal) => {
          const usual = lean(tenant.shapes.get(signal) ?? [], leaning)
          const shares = bends.reduce((all, { bend }) => bend?.[signal.name]?.(all, signal) ?? all, usual)
          return shares.map((share) => poisson(random, jobs * share))
        })
        const model = bends.findLast((change) => change.model !== undefined)?.model ?? `${task}@1.0.0`
        return { task, model, tenant: tenant.name, sdk: tenant.sdk, counts }
      }),
    )
  }
}
