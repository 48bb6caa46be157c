import { readFileSync } from 'node:fs'
import Type, { type Static } from 'typebox'
import { Value } from 'typebox/value'
import { AppError } from '../domain/errors.ts'

const Price = Type.Number({ minimum: 0 })
const Prices = Type.Object(
  {
    onDemand: Type.Optional(Price),
    spot: Type.Optional(Price),
  },
  { additionalProperties: false },
)

/** The price file is none, or says nothing of something that has to be paid for. */
export class PricesInvalidError extends AppError {
  readonly code = 'PRICES_INVALID'
  readonly retryable = false
}

/** What nodes cost: a node class by zone and hour, and which class each pool has. */
export const priceFile = Type.Object(
  {
    currency: Type.String({ pattern: '^[A-Z]{3}$' }),
    nodeClasses: Type.Record(
      Type.String(),
      Type.Object(
        { onDemand: Price, spot: Type.Optional(Price), zones: Type.Optional(Type.Record(Type.String(), Prices)) },
        { additionalProperties: false },
      ),
    ),
    pools: Type.Record(
      Type.String(),
      Type.Object(
        { nodeClass: Type.String(), spotShare: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })) },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
)

/** What nodes cost, as somebody wrote it down. */
export type PriceFile = Static<typeof priceFile>

/**
 * What an hour of a node costs: of its class, where a zone has another price of that zone, spot and on demand in the
 * proportion that the pool has. @param zone '' = the fleet has none
 * @throws PricesInvalidError when the file does not tell
 */
export const priceOf = ({ nodeClasses, pools }: PriceFile, pool: string, zone: string): number => {
  const own = pools[pool]
  if (!own) throw new PricesInvalidError(`the price file says nothing of pool ${pool}`)
  const { nodeClass, spotShare = 0 } = own
  const all = nodeClasses[nodeClass]
  if (!all) throw new PricesInvalidError(`the price file has no node class ${nodeClass}, which is that of pool ${pool}`)
  const there = all.zones?.[zone]
  const onDemand = there?.onDemand ?? all.onDemand
  const spot = there?.spot ?? all.spot
  if (spotShare > 0 && spot === undefined)
    throw new PricesInvalidError(
      `the price file has no spot price of ${nodeClass}, and pool ${pool} has a share of spot nodes`,
    )
  return onDemand * (1 - spotShare) + (spot ?? 0) * spotShare
}

/** For node time alone: all of it costs nothing. */
export const withoutPrices = (pools: readonly string[]): PriceFile => ({
  currency: 'XXX',
  nodeClasses: { any: { onDemand: 0 } },
  pools: Object.fromEntries(pools.map((pool) => [pool, { nodeClass: 'any' }])),
})

/** @throws PricesInvalidError when it is none */
export const parsePrices = (text: string): PriceFile => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new PricesInvalidError('the price file is no JSON')
  }
  if (Value.Check(priceFile, value)) return value
  const [first] = [...Value.Errors(priceFile, value)]
  throw new PricesInvalidError(
    `the price file: ${first?.instancePath || 'the whole'} ${first?.message ?? 'is not as it should be'}`,
  )
}

/** @throws PricesInvalidError when it cannot be read, or is none */
export const readPrices = (path: string): PriceFile => {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    throw new PricesInvalidError('the price file cannot be read')
  }
  return parsePrices(text)
}
