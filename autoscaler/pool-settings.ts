import { AppError } from '../infra/domain/errors.ts'
import type { CountBounds } from '../infra/domain/scaling.ts'

/** A text that settles something of pools cannot be used. */
export class PoolSettingsInvalidError extends AppError {
  readonly code = 'POOL_SETTINGS_INVALID'
  readonly retryable = false
}

const MAX_COUNT = 100_000

const words = (text: string): readonly string[] => text.split(/\s+/).filter(Boolean)

/** Pairs `pool=value`, apart by spaces. */
const pairs = (text: string, form: string): ReadonlyMap<string, string> => {
  const found = new Map<string, string>()
  for (const word of words(text)) {
    const [pool = '', value = '', ...rest] = word.split('=')
    if (pool === '' || value === '' || rest.length > 0)
      throw new PoolSettingsInvalidError(`each is written \`${form}\``)
    if (found.has(pool)) throw new PoolSettingsInvalidError(`${pool} is named twice`)
    found.set(pool, value)
  }
  return found
}

const mapped = <T>(
  found: ReadonlyMap<string, string>,
  read: (value: string, pool: string) => T,
): ReadonlyMap<string, T> => new Map([...found].map(([pool, value]) => [pool, read(value, pool)]))

/**
 * Least and most nodes of pools, for example `face-match=2..40 ocr=0..5`.
 * @throws PoolSettingsInvalidError
 */
export const parseBounds = (text: string): ReadonlyMap<string, CountBounds> =>
  mapped(pairs(text, 'pool=least..most'), (value, pool) => {
    const [, min, max] = /^(\d{1,6})\.\.(\d{1,6})$/.exec(value) ?? []
    const bounds = { min: Number(min), max: Number(max) }
    if (!(bounds.min <= bounds.max && bounds.max >= 1 && bounds.max <= MAX_COUNT))
      throw new PoolSettingsInvalidError(`pool ${pool} needs \`least..most\`, and least must not be over most`)
    return bounds
  })

/** Checks a second of one node, for all pools where there is no name: `10 ocr=4`. @throws PoolSettingsInvalidError */
export const parseCapacities = (
  text: string,
): { readonly byDefault: number | undefined; readonly byPool: ReadonlyMap<string, number> } => {
  const rateOf = (value: string): number => {
    const rate = /^\d{1,6}(\.\d{1,4})?$/.test(value) ? Number(value) : 0
    if (!(rate > 0)) throw new PoolSettingsInvalidError('a capacity is a number over 0, in checks a second')
    return rate
  }
  const bare = words(text).filter((word) => !word.includes('='))
  if (bare.length > 1) throw new PoolSettingsInvalidError('there is one capacity without the name of a pool')
  const named = words(text).filter((word) => word.includes('='))
  const [first] = bare
  return {
    byDefault: first === undefined ? undefined : rateOf(first),
    byPool: mapped(pairs(named.join(' '), 'pool=checks-a-second'), rateOf),
  }
}

/** How much of a pool zones are to have, against each other: `zone-a=2 zone-b=1`. @throws PoolSettingsInvalidError */
export const parseZoneWeights = (text: string): ReadonlyMap<string, number> =>
  mapped(pairs(text, 'zone=weight'), (value, zone) => {
    const weight = /^\d{1,3}(\.\d{1,2})?$/.test(value) ? Number(value) : 0
    if (!(weight > 0)) throw new PoolSettingsInvalidError(`the weight of ${zone} is a number over 0, like 2 or 0.5`)
    return weight
  })

/** A job and its group, or the name of its groups where there is one a zone. */
export interface JobGroup {
  readonly job: string
  readonly group: string
}

/** Which job and group of Nomad run a pool: `face-match=muster-workers/face-match`. @throws PoolSettingsInvalidError */
export const parseJobs = (text: string): ReadonlyMap<string, JobGroup> =>
  mapped(pairs(text, 'pool=job/group'), (value, pool) => {
    const at = value.lastIndexOf('/')
    const [job, group] = [value.slice(0, at), value.slice(at + 1)]
    if (at < 1 || group === '') throw new PoolSettingsInvalidError(`pool ${pool} needs \`job/group\``)
    return { job, group }
  })
