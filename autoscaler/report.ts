import type { Decision, DecisionOutcome, DecisionStep, KeptDecision, Signal } from '../infra/domain/scaling.ts'
import { moves } from './zones/progress.ts'
import { zonesInWords } from './zones/words.ts'

/** A count of nodes in words. */
export const nodes = (count: number): string => (count === 1 ? '1 node' : `${count} nodes`)

/** What came of a decision, where that is not what its numbers say anyway. */
const OUTCOMES: Readonly<Record<DecisionOutcome, string>> = {
  intended: 'under way',
  none: '',
  applied: '',
  'not-now': 'not now',
  conflict: 'not done: somebody else changed something at the same time',
  'out-of-bounds': 'not done: outside the limits of the fleet',
  unavailable: 'the fleet did not answer',
  'forecast-only': 'only told, not done',
  abandoned: 'not done: whoever decided it went away',
}

const isKept = (decision: Decision | KeptDecision): decision is KeptDecision => 'measurement' in decision

const outcomeOf = (decision: Decision | KeptDecision): string => {
  if (!isKept(decision)) return ''
  const { outcome, outcomeWhy } = decision
  const words = [OUTCOMES[outcome], outcomeWhy].filter(Boolean).join(': ')
  return words && ` (${words})`
}

const headline = (decision: Decision | KeptDecision): string => {
  const { pool, from, to, direction } = decision
  const isMove = direction === 'none' && isKept(decision) && moves(decision.zones)
  const still = `${nodes(from)}, ${isMove ? 'moved between zones' : 'no change'}`
  const change = direction === 'none' ? still : `${from} -> ${nodes(to)}`
  return `${pool}: ${change}${outcomeOf(decision)}`
}

const TITLES: Readonly<Record<DecisionStep['by'], string>> = {
  forecast: 'forecast',
  backlog: 'backlog',
  trigger: 'trigger',
  drained: 'drained',
  deadband: 'held',
  unknown: 'held',
  schedule: 'schedule',
  override: 'override',
  bounds: 'bounds',
  zones: 'zones',
}

const sentence = ({ by, before, after, why }: DecisionStep): string => `${TITLES[by]} ${before} -> ${after} (${why})`

const counterfactuals = ({ to, without }: Decision): readonly string[] => [
  ...(without.schedule === to ? [] : [`without schedule: ${without.schedule}`]),
  ...(without.override === to ? [] : [`without override: ${without.override}`]),
  ...((without.triggers ?? to) === to ? [] : [`without triggers: ${without.triggers}`]),
]

/** As people say it: three digits are enough of a rate, and hundredths of a small one. */
const rate = (perSecond: number): string =>
  `${Number(perSecond < 1 ? perSecond.toFixed(2) : perSecond.toPrecision(perSecond >= 100 ? 4 : 3))}/s`

const SECOND_MS = 1_000
const MINUTE_MS = 60_000

const span = (ms: number): string =>
  ms < 2 * MINUTE_MS ? `${Math.round(ms / SECOND_MS)} s` : `${Math.round(ms / MINUTE_MS)} min`

const known = (signal: Signal | undefined, words: (value: number) => string): string =>
  signal === undefined ? 'unknown' : words(signal.value)

const whole = (value: number): string => String(Math.round(value))

const inputs = ({ measurement: seen }: KeptDecision): readonly string[] => {
  const demand = known(seen.rate, rate)
  const age = seen.rate ? ` (${span(seen.rate.ageMs)} old)` : ''
  const boot = `${span(seen.bootMs)} (${seen.bootCount > 0 ? `p95 of ${seen.bootCount}` : 'configured'})`
  const drained = seen.drained && seen.drained.value > 0 ? `, ${seen.drained.value} drained` : ''
  const source = seen.capacityMeasured ? (seen.capacityDoubt ?? 'measured') : 'configured'
  const capacity = `${rate(seen.capacityPerNode)} (${source})`
  return [
    `demand ${demand}${age}, waiting ${known(seen.waiting, whole)}, in hand ${known(seen.inHand, whole)}`,
    `nodes: ${known(seen.asked, whole)} asked for, ${known(seen.placed, whole)} placed, ${known(seen.running, whole)} running${drained}; ${known(seen.readyWorkers, whole)} workers ready`,
    `a node does ${capacity}, boots in ${boot}`,
  ]
}

const outlook = ({ forecast }: KeptDecision): readonly string[] => {
  if (!forecast) return ['forecast: none yet']
  const { expected, low, high, expert, horizonMs, desired } = forecast
  return [
    `forecast for ${span(horizonMs)} ahead: ${rate(expected)}, from ${rate(low)} to ${rate(high)}, by ${expert}: ${nodes(desired)}`,
  ]
}

const settings = ({ schedule, override, bounds, doubts, external }: KeptDecision): readonly string[] => [
  ...(external ? [`somebody else changed the count: ${external.before} -> ${external.after}`] : []),
  ...(schedule.length > 0 ? [`schedule in force: ${schedule.join(', ')}`] : []),
  ...(override
    ? [`override in force: ${override.kind} by ${override.actor} until ${instant(override.expiresAt)}`]
    : []),
  `bounds: ${bounds.min} to ${bounds.max}`,
  ...(doubts.length > 0 ? [`in doubt: ${doubts.join('; ')}`] : []),
]

const instant = (at: number): string => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z')

/**
 * A decision in words, the same for the log, the command line, HTTP and Slack: what changed and what came of it, each step
 * that led there, what it would have been otherwise, and, of one that was kept, what was seen and expected.
 */
export const report = (decision: Decision | KeptDecision): readonly string[] => [
  headline(decision),
  ...decision.steps.map(sentence),
  ...counterfactuals(decision),
  ...(isKept(decision)
    ? [
        ...inputs(decision),
        ...(decision.zones ? zonesInWords(decision.zones) : []),
        ...outlook(decision),
        ...(decision.triggers ?? []).map(({ why }) => `trigger ${why}`),
        ...settings(decision),
        `decided ${instant(decision.at)}, next look ${instant(decision.nextAt)}`,
      ]
    : []),
]
