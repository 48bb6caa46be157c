import Type, { type Static } from 'typebox'
import { type PriceFile, priceOf, readPrices } from '../infra/cost/price-file.ts'
import { DEFAULT_POOLS, parsePools } from '../infra/domain/pools.ts'
import type { CountBounds } from '../infra/domain/scaling.ts'
import { deadlineVariables, sharedVariables } from '../infra/runtime/shared-config.ts'
import { slackRule, slackVariables } from '../infra/slack/config.ts'
import { parseBounds, parseCapacities, parseJobs, parseZoneWeights } from './pool-settings.ts'

const { DATABASE_URL, RABBITMQ_URL, REDIS_URL, LOG_LEVEL } = sharedVariables
const Port = (byDefault: number) => Type.Integer({ minimum: 0, maximum: 65_535, default: byDefault })
const Address = Type.String({ pattern: '^https?://[^/]' })

/** The environment of one autoscaler process. Durations in ms; `X_FILE` may name a file with the value of `X`. */
export const autoscalerConfig = Type.Object({
  ...{ DATABASE_URL, RABBITMQ_URL, REDIS_URL, LOG_LEVEL },
  POOLS: Type.String({ default: DEFAULT_POOLS }),
  /** what runs the workers; `none`: decisions are kept and shown, and something else acts on them */
  FLEET: Type.String({ pattern: '^(nomad|local|none)$', default: 'none' }),
  /** of `FLEET=nomad` */
  NOMAD_ADDR: Type.Optional(Address),
  NOMAD_TOKEN: Type.Optional(Type.String({ minLength: 1 })),
  NOMAD_NAMESPACE: Type.String({ minLength: 1, default: 'default' }),
  NOMAD_REGION: Type.Optional(Type.String({ minLength: 1 })),
  /** which job and group run a pool: `face-match=muster-workers/face-match ...` */
  NOMAD_JOBS: Type.String({ default: '' }),
  /** of `FLEET=local`: the admin address of the node supervisor, and its token where that is another machine */
  NODE_URL: Type.Optional(Address),
  NODE_ADMIN_TOKEN: Type.Optional(Type.String({ minLength: 16 })),
  /** least and most nodes: `face-match=1..40 ...`; a pool that is not named is left alone; empty: every pool, 1..10 */
  AUTOSCALER_POOLS: Type.String({ default: '' }),
  /** how much of each pool a zone is to have, against the others: `zone-a=2 zone-b=1`; a zone that is not named: 1 */
  AUTOSCALER_ZONE_WEIGHTS: Type.String({ default: '' }),
  /** `forecast-only`: decide and tell, change nothing */
  AUTOSCALER_MODE: Type.String({ pattern: '^(apply|forecast-only)$', default: 'apply' }),
  /** false: a pool in its first week is only told of, except where a person has said something */
  AUTOSCALER_TRUST_NEW_POOLS: Type.Boolean({ default: false }),
  /** between two looks at a pool; under 15 s only where one sits and watches, under 1 s only to see many looks in a test */
  AUTOSCALER_INTERVAL_MS: Type.Integer({ minimum: 100, maximum: 60_000, default: 30_000 }),
  /** checks a second of one node until `./muster capacity` has measured it: `10 ocr=4` */
  AUTOSCALER_CAPACITY: Type.String({ default: '10' }),
  /** from asking for a node to its first finished job, until enough boots are measured */
  AUTOSCALER_BOOT_MS: Type.Integer({ minimum: 1_000, maximum: 3_600_000, default: 180_000 }),
  /** custom triggers, docs/triggers.md: a file of them, and the server that answers their queries */
  TRIGGERS_FILE: Type.Optional(Type.String({ minLength: 1 })),
  PROMETHEUS_URL: Type.Optional(Type.String({ pattern: '^https?://[^/@?#]+(/[^?#]*)?$' })),
  PROMETHEUS_TOKEN: Type.Optional(Type.String({ pattern: '^[!-~]+$' })),
  AUTOSCALER_HOST: Type.String({ minLength: 1, default: '127.0.0.1' }),
  AUTOSCALER_PORT: Port(8081),
  /** metrics and health for operators, apart from callers; port 0 picks a free one */
  AUTOSCALER_METRICS_HOST: Type.String({ minLength: 1, default: '127.0.0.1' }),
  AUTOSCALER_METRICS_PORT: Port(0),
  AUTOSCALER_GRACE_MS: Type.Integer({ minimum: 1_000, default: 15_000 }),
  /** a price file, as `./muster cost` takes it: without one the console shows node time and no money */
  AUTOSCALER_PRICES_PATH: Type.Optional(Type.String({ minLength: 1 })),
  /** the tenant whose keys may see (viewer), overrule (operator) and manage (admin) the fleet */
  FLEET_TENANT: Type.String({ minLength: 1, default: 'default' }),
  /** distributions of outcomes are kept so long; drift compares with four weeks of them */
  AUTOSCALER_DRIFT_KEEP_MS: Type.Integer({ minimum: 1_209_600_000, default: 3_110_400_000 }),
  /** goes on serving so long after it stopped being ready, until load balancers have noticed */
  AUTOSCALER_SHUTDOWN_DELAY_MS: Type.Integer({ minimum: 0, default: 0 }),
  ...slackVariables,
  ...deadlineVariables,
})

/** The environment of one autoscaler process, checked. */
export type AutoscalerConfig = Static<typeof autoscalerConfig>

const DEFAULT_BOUNDS: CountBounds = { min: 1, max: 10 }

/** The pools that are scaled, with their bounds. @throws PoolSettingsInvalidError, PoolsInvalidError */
export const scaledPools = ({ POOLS, AUTOSCALER_POOLS }: AutoscalerConfig): ReadonlyMap<string, CountBounds> => {
  const named = parseBounds(AUTOSCALER_POOLS)
  return named.size > 0 ? named : new Map(parsePools(POOLS).map(({ name }) => [name, DEFAULT_BOUNDS]))
}

/** What nodes cost, where somebody said so. @throws PricesInvalidError when a pool that is scaled has no price */
export const pricesOf = (config: AutoscalerConfig): PriceFile | undefined => {
  if (config.AUTOSCALER_PRICES_PATH === undefined) return undefined
  const prices = readPrices(config.AUTOSCALER_PRICES_PATH)
  for (const pool of scaledPools(config).keys()) priceOf(prices, pool, '')
  return prices
}

type Rule = (config: AutoscalerConfig) => string | undefined

const said = (variable: string, check: () => unknown): string | undefined => {
  try {
    check()
    return undefined
  } catch (error) {
    return `${variable}: ${error instanceof Error ? error.message : String(error)}`
  }
}

/** These name pools; all of them must be among POOLS. */
const namedPools = (config: AutoscalerConfig): readonly (readonly [string, ReadonlyMap<string, unknown>])[] => [
  ['AUTOSCALER_POOLS', parseBounds(config.AUTOSCALER_POOLS)],
  ['AUTOSCALER_CAPACITY', parseCapacities(config.AUTOSCALER_CAPACITY).byPool],
  ['NOMAD_JOBS', parseJobs(config.NOMAD_JOBS)],
]

const poolsAreKnown: Rule = (config) => {
  const pools = new Set(parsePools(config.POOLS).map(({ name }) => name))
  for (const [variable, named] of namedPools(config)) {
    const unknown = [...named.keys()].find((pool) => !pools.has(pool))
    if (unknown !== undefined) return `${variable} names ${unknown}, which is not one of POOLS`
  }
  return undefined
}

const everyPoolHas = (config: AutoscalerConfig, variable: string, named: ReadonlyMap<string, unknown>) => {
  const missing = [...scaledPools(config).keys()].find((pool) => !named.has(pool))
  return missing === undefined ? undefined : `${variable} says nothing of pool ${missing}`
}

/** Rules across fields; each answers what is wrong. */
export const autoscalerRules: readonly Rule[] = [
  slackRule,
  ({ AUTOSCALER_GRACE_MS, AUTOSCALER_SHUTDOWN_DELAY_MS }) =>
    AUTOSCALER_SHUTDOWN_DELAY_MS < AUTOSCALER_GRACE_MS
      ? undefined
      : 'AUTOSCALER_SHUTDOWN_DELAY_MS must be less than AUTOSCALER_GRACE_MS, or no time is left to close',
  (config) =>
    said('POOLS', () => parsePools(config.POOLS)) ??
    said('AUTOSCALER_POOLS', () => parseBounds(config.AUTOSCALER_POOLS)) ??
    said('AUTOSCALER_CAPACITY', () => parseCapacities(config.AUTOSCALER_CAPACITY)) ??
    said('NOMAD_JOBS', () => parseJobs(config.NOMAD_JOBS)) ??
    said('AUTOSCALER_ZONE_WEIGHTS', () => parseZoneWeights(config.AUTOSCALER_ZONE_WEIGHTS)) ??
    poolsAreKnown(config) ??
    (config.FLEET === 'nomad' ? everyPoolHas(config, 'NOMAD_JOBS', parseJobs(config.NOMAD_JOBS)) : undefined) ??
    capacityOfEvery(config) ??
    said('AUTOSCALER_PRICES_PATH', () => pricesOf(config)),
  ({ FLEET, NOMAD_ADDR }) =>
    FLEET === 'nomad' && NOMAD_ADDR === undefined ? 'NOMAD_ADDR is needed with FLEET=nomad' : undefined,
  ({ TRIGGERS_FILE, PROMETHEUS_URL }) =>
    TRIGGERS_FILE !== undefined && PROMETHEUS_URL === undefined
      ? 'PROMETHEUS_URL is needed with TRIGGERS_FILE: it answers their queries'
      : undefined,
  ({ FLEET, NODE_URL }) =>
    FLEET === 'local' && NODE_URL === undefined ? 'NODE_URL is needed with FLEET=local' : undefined,
]

const capacityOfEvery: Rule = (config) => {
  const { byDefault, byPool } = parseCapacities(config.AUTOSCALER_CAPACITY)
  return byDefault === undefined ? everyPoolHas(config, 'AUTOSCALER_CAPACITY', byPool) : undefined
}
