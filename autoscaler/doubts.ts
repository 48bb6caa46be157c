import type { Measurement, Signal } from '../infra/domain/scaling.ts'
import { SILENT_MS } from './demand-sources.ts'
import type { ScheduleEffect } from './schedule.ts'

/** What a measurement is judged by, beside itself. */
export interface DoubtContext {
  /** between two looks */
  readonly periodMs: number
  /** what people have written down for this instant: who has said that little is to come doubts no collapse */
  readonly schedule: ScheduleEffect
  /** for so long demand has been far below what the season lets expect, as `collapsedMs` of collapse.ts tells; 0 = it is not */
  readonly collapsedMs: number
}

/** Demand comes by the minute. */
const MINUTE_MS = 60_000
/** A signal that two of its periods have passed by is old. */
const OLD_PERIODS = 2
/** A fall of the demand that lasts longer is how it is today. */
const COLLAPSE_MS = 60 * MINUTE_MS
/** Half a minute: from there on the demand of one minute is told as that of another. */
const CLOCK_SKEW_MS = 30_000
/** The rows and the broker are not read in the same instant, and a message is on its way for a while. */
const DISAGREE_RATIO = 2
const DISAGREE_COUNT = 20

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`

type Judge = (measurement: Measurement, context: DoubtContext) => readonly string[]

const ofSources: Judge = ({ sources }) => {
  if (!sources) return ['it is not known who tells of the demand']
  const { count, silentCount, heardMs, clockSkewMs } = sources
  if (heardMs === undefined) return ['no api process tells of its demand']
  return [
    ...(heardMs > SILENT_MS ? [`no word of the demand for ${seconds(heardMs)}`] : []),
    ...(silentCount > 0 ? [`${silentCount} of ${count} api processes fell silent without taking their leave`] : []),
    ...(clockSkewMs > CLOCK_SKEW_MS ? [`a clock is ${seconds(clockSkewMs)} off the database's`] : []),
  ]
}

const SIGNALS = {
  rate: 'demand',
  waiting: 'depth of the queues',
  inHand: 'count of jobs in hand',
  unfinished: 'count of open jobs',
  readyWorkers: 'count of ready workers',
  asked: 'count of nodes asked for',
  placed: 'count of nodes placed',
  running: 'count of nodes running',
} as const satisfies { readonly [name in keyof Measurement]?: string }

const ofAges: Judge = (measurement, { periodMs }) =>
  Object.entries(SIGNALS).flatMap(([name, what]) => {
    const signal: Signal | undefined = measurement[name as keyof typeof SIGNALS]
    if (!signal) return [`the ${what} is unknown`]
    const limitMs = OLD_PERIODS * (name === 'rate' ? Math.max(MINUTE_MS, periodMs) : periodMs)
    return signal.ageMs > limitMs ? [`the ${what} is ${seconds(signal.ageMs)} old`] : []
  })

const ofAgreement: Judge = ({ waiting, inHand, unfinished }) => {
  if (!waiting || !inHand || !unfinished) return []
  const [broker, database] = [waiting.value + inHand.value, unfinished.value]
  const [less, more] = [Math.min(broker, database), Math.max(broker, database)]
  if (more - less <= DISAGREE_COUNT || more <= DISAGREE_RATIO * less) return []
  return [`the broker and the workers have ${broker} jobs, the database ${database}`]
}

const ofCollapse: Judge = (_measurement, { collapsedMs, schedule }) =>
  collapsedMs > 0 && collapsedMs <= COLLAPSE_MS && schedule.ceiling === undefined
    ? [`demand is less than half of what this time of the week had, for ${Math.round(collapsedMs / MINUTE_MS)} min now`]
    : []

/**
 * Why what was measured cannot be relied on, in words for people; empty = it can. While there is a doubt no node is taken
 * away. Pure.
 */
export const doubtsOf = (measurement: Measurement, context: DoubtContext): readonly string[] =>
  [ofSources, ofAges, ofAgreement, ofCollapse].flatMap((judge) => judge(measurement, context))
