import Type from 'typebox'
import { ZONE_CONDITIONS, type ZonePlan, type ZoneShare } from '../../infra/domain/zones.ts'
import { nullable, strict, words } from '../../infra/http/schema.ts'
import { troubles } from '../zones/words.ts'

const Count = Type.Integer({ minimum: 0 })
const Instant = (description: string) => nullable(Type.String({ format: 'date-time', description }))

/** One zone of a pool, as the last look saw it and as the last decision asked of it. */
export const ZoneSchema = strict({
  zone: Type.String(),
  condition: words(
    ZONE_CONDITIONS,
    '`short`: nodes asked for there do not come; `lost`: all vanished at once; `tried`: it is asked for one again',
  ),
  before: Count,
  asked: Count,
  placed: Count,
  running: Count,
  ready: nullable(Type.Integer({ minimum: 0, description: 'by the fleet’s health check; null = it has none' })),
  elsewhere: Type.Integer({ minimum: 0, description: 'of its share, asked for in other zones' }),
  since: Instant('when it was last well; null = it is'),
  retryAt: Instant('when it is tried again'),
})

/** How a decision spreads its nodes. */
export const ZonePlanSchema = strict(
  {
    wantedBefore: Count,
    wanted: Type.Integer({ minimum: 0, description: 'nodes wanted, without those asked for twice on their way' }),
    shares: Type.Array(ZoneSchema),
    troubles: Type.Array(Type.String(), { description: 'what is the matter with zones, in words' }),
  },
  { description: 'null = the fleet of the pool has no zones' },
)

const instant = (epochMs: number | undefined): string | null =>
  epochMs === undefined ? null : new Date(epochMs).toISOString()

/** A zone as HTTP and `--json` show it. */
export const toZone = (share: ZoneShare) => {
  const { zone, condition, before, after, placed, running, ready, elsewhere, since, retryAt } = share
  return {
    ...{ zone, condition, before, asked: after, placed, running, ready: ready ?? null, elsewhere },
    ...{ since: instant(since), retryAt: instant(retryAt) },
  }
}

/** The zones of a decision as HTTP and `--json` show them. */
export const toZonePlan = (plan: ZonePlan | undefined) =>
  plan
    ? {
        ...{ wantedBefore: plan.wantedBefore, wanted: plan.wanted },
        shares: plan.shares.map(toZone),
        troubles: troubles(plan),
      }
    : null
