import Type from 'typebox'
import {
  type ForecastView,
  type KeptDecision,
  type Measurement,
  OUTCOMES,
  type Signal,
} from '../../infra/domain/scaling.ts'
import { nullable, strict, words } from '../../infra/http/schema.ts'
import { report } from '../report.ts'
import { HeldOverrideSchema, toHeldOverride } from './override-resource.ts'
import { TriggerSchema, toTriggerResource } from './triggers.ts'
import { toZonePlan, ZonePlanSchema } from './zone-resource.ts'

const Instant = Type.String({ format: 'date-time' })
const Count = Type.Integer({ minimum: 0 })
/** A measured value and how old it was; null = it could not be read. */
const SignalSchema = (description: string) =>
  nullable(strict({ value: Type.Number(), ageMs: Type.Number() }, { description: `${description}; null = unknown` }))

/** Each signal, as people read of it. */
const SIGNALS = {
  rate: 'checks a second that callers wanted, refused ones included',
  waiting: 'jobs that no worker has yet',
  inHand: 'jobs that live workers have in hand',
  unfinished: 'jobs that are not over, as the database has them',
  readyWorkers: 'workers that take jobs',
  asked: 'nodes asked for',
  placed: 'of them in a place, starting or running',
  running: 'of them running',
  drained: 'of them kept from work by people',
} as const
type SignalName = keyof typeof SIGNALS
const SIGNAL_NAMES = Object.keys(SIGNALS) as SignalName[]

const SourcesSchema = strict(
  {
    count: Type.Integer(),
    silentCount: Type.Integer({ description: 'of them fallen silent: what they are asked for is not known' }),
    heardMs: nullable(Type.Number({ description: 'since the last of all was heard of' })),
    clockSkewMs: Type.Number(),
  },
  { description: 'the api processes that tell of demand; null = unknown' },
)

const MeasurementSchema = strict({
  ...(Object.fromEntries(SIGNAL_NAMES.map((name) => [name, SignalSchema(SIGNALS[name])])) as Record<
    SignalName,
    ReturnType<typeof SignalSchema>
  >),
  sources: nullable(SourcesSchema),
  bootMs: Type.Number({ description: 'from asking for a node to its first finished job, 95th percentile' }),
  bootCount: Type.Integer({ description: 'of how many boots that is measured; 0 = it is configured' }),
  capacityPerNode: Type.Number({ description: 'checks a second of one node' }),
  capacityMeasured: Type.Boolean({ description: 'false = it is configured' }),
  capacityDoubt: nullable(Type.String({ description: 'why it may not be that of what runs now' })),
  livePerNode: nullable(
    Type.Number({ description: 'checks a second that ready nodes do now; null = too idle to tell' }),
  ),
})

const ForecastSchema = strict({
  expected: Type.Number({ description: 'checks a second' }),
  low: Type.Number(),
  high: Type.Number({ description: 'the count is for this one' }),
  expert: Type.String({ description: 'whose forecast won' }),
  horizonMs: Type.Number(),
  desired: Count,
})

const BYS = [
  'forecast',
  'backlog',
  'trigger',
  'drained',
  'deadband',
  'unknown',
  'schedule',
  'override',
  'bounds',
  'zones',
] as const

/** What one look at a pool saw and what was made of it. Members are added, never renamed. */
export const DecisionSchema = strict({
  id: Type.String(),
  pool: Type.String(),
  at: Instant,
  term: Type.Integer({ description: 'which leader made it: a later one has a higher term' }),
  from: Count,
  to: Count,
  direction: words(['up', 'down', 'none']),
  steps: Type.Array(strict({ by: words(BYS), before: Type.Integer(), after: Type.Integer(), why: Type.String() }), {
    description: 'what moved the count, in its order: the later has the last word',
  }),
  without: strict(
    { schedule: Type.Integer(), override: Type.Integer(), triggers: nullable(Type.Integer()) },
    { description: 'what the count would have been without one of them' },
  ),
  measurement: MeasurementSchema,
  forecast: nullable(ForecastSchema),
  schedule: Type.Array(Type.String(), { description: 'the windows that held' }),
  override: nullable(HeldOverrideSchema),
  bounds: strict({ min: Count, max: Count }),
  doubts: Type.Array(Type.String(), { description: 'why what was measured could not be relied on' }),
  external: nullable(
    strict(
      { before: Count, after: Count },
      { description: 'somebody else had changed the count since the look before' },
    ),
  ),
  zones: nullable(ZonePlanSchema),
  triggers: Type.Array(TriggerSchema, { description: 'the custom triggers of the pool, as this look saw them' }),
  outcome: words(OUTCOMES),
  outcomeWhy: Type.String({ description: 'what the fleet said where it did not do it' }),
  nextAt: Type.String({ format: 'date-time', description: 'when the next look is due' }),
  report: Type.Array(Type.String(), { description: 'all of it in words; the first line is the headline' }),
})

const instant = (epochMs: number): string => new Date(epochMs).toISOString()
const toSignal = (signal: Signal | undefined) =>
  signal ? { value: signal.value, ageMs: Math.round(signal.ageMs) } : null

const toMeasurement = (measurement: Measurement) => {
  const { bootMs, bootCount, capacityPerNode, capacityMeasured } = measurement
  const { sources, capacityDoubt = null, livePerNode = null } = measurement
  const signals = SIGNAL_NAMES.map((name) => [name, toSignal(measurement[name])] as const)
  const facts = { bootMs, bootCount, capacityPerNode, capacityMeasured, capacityDoubt, livePerNode }
  const told = sources && {
    ...sources,
    heardMs: sources.heardMs === undefined ? null : Math.round(sources.heardMs),
    clockSkewMs: Math.round(sources.clockSkewMs),
  }
  const read = Object.fromEntries(signals) as Record<SignalName, ReturnType<typeof toSignal>>
  return { ...read, sources: told ?? null, ...facts }
}

const toForecast = ({ expected, low, high, expert, horizonMs, desired }: ForecastView) => ({
  expected,
  low,
  high,
  expert,
  horizonMs,
  desired,
})

/** A decision as HTTP and `--json` show it: the same members, the same words. */
export const toDecisionResource = (decision: KeptDecision) => {
  const { id, pool, term, from, to, direction, steps, without, schedule, bounds, doubts, outcome, outcomeWhy } =
    decision
  return {
    id,
    pool,
    at: instant(decision.at),
    term,
    from,
    to,
    direction,
    steps,
    without: { ...without, triggers: without.triggers ?? null },
    measurement: toMeasurement(decision.measurement),
    forecast: decision.forecast ? toForecast(decision.forecast) : null,
    schedule,
    override: decision.override ? toHeldOverride(decision.override) : null,
    bounds,
    doubts,
    external: decision.external ?? null,
    zones: toZonePlan(decision.zones),
    triggers: (decision.triggers ?? []).map((reading) => toTriggerResource(reading)),
    outcome,
    outcomeWhy,
    nextAt: instant(decision.nextAt),
    report: report(decision),
  }
}
