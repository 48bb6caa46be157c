import type { DriftLevel } from '../../infra/domain/drift-evaluation.ts'
import type { Signal } from '../../infra/domain/drift-signals.ts'
import { watchTraffic } from './simulate.ts'
import type { Change, Traffic } from './traffic.ts'

const WEEK_HOURS = 168
/** Five weeks have passed, and it is Monday, nine o'clock. */
const CHANGE_HOUR = 5 * WEEK_HOURS + 9
/** What is not seen in two days is not seen. */
const WATCHED_HOURS = 48

type Bend = (shares: readonly number[], signal: Signal) => readonly number[]

/** Everything falls so many bins lower. */
const lower =
  (count: number): Bend =>
  (shares) =>
    shares.map((_, bin) =>
      bin === 0 ? shares.slice(0, count + 1).reduce((sum, share) => sum + share, 0) : (shares[bin + count] ?? 0),
    )

/** So much of everything becomes this. */
const more =
  (label: string, ratio: number): Bend =>
  (shares, { bins }) =>
    shares.map((share, bin) => share * (1 - ratio) + (bins[bin] === label ? ratio : 0))

/** Something that happens, and whether people should hear of it. */
export interface Scenario {
  readonly name: string
  readonly isDrift: boolean
  readonly change: Omit<Change, 'from'>
}

/** What the figures of docs/drift.md are about. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'similarities fall by 0.1, everywhere',
    isDrift: true,
    change: { task: 'face-match', bend: { similarity: lower(2) } },
  },
  {
    name: 'pictures are blurred, everywhere',
    isDrift: true,
    change: { task: 'liveness', bend: { sharpness: lower(2), outcome: more('FACE_BLURRED', 0.1) } },
  },
  {
    name: 'the SDK of the fifth tenant sends small, dark faces',
    isDrift: true,
    change: {
      tenant: 'tenant-5',
      task: 'face-match',
      bend: { 'target-face-size': lower(2), 'target-brightness': lower(2) },
    },
  },
  {
    name: 'the SDK of the smallest tenant does',
    isDrift: true,
    change: {
      tenant: 'tenant-20',
      task: 'face-match',
      bend: { 'target-face-size': lower(2), 'target-brightness': lower(2) },
    },
  },
  {
    name: 'four documents in ten lack the expiry date',
    isDrift: true,
    change: { task: 'ocr', bend: { 'filled-expiryDate': more('missing', 0.4) } },
  },
  {
    name: 'one tenant sends five times as much',
    isDrift: false,
    change: { tenant: 'tenant-4', volume: 5 },
  },
  { name: 'a holiday: a third of the usual', isDrift: false, change: { volume: 0.33 } },
  { name: 'a new model that judges alike', isDrift: false, change: { task: 'liveness', model: 'liveness@1.1.0' } },
  {
    name: 'a new model with other scores',
    isDrift: false,
    change: { task: 'liveness', model: 'liveness@2.0.0', bend: { score: lower(3) } },
  },
]

/** What was seen of a scenario: hours until it was watched, and until the alarm; null = never. */
export interface Outcome {
  readonly scenario: Scenario
  readonly watchAfterHours: number | null
  readonly alarmAfterHours: number | null
  /** of the first alarm, or else of the first that was watched */
  readonly why: string
}

/** Let a scenario happen after five weeks without it. */
export const play = async (
  scenario: Scenario,
  traffic: Omit<Traffic, 'changes'>,
  hours: number = WATCHED_HOURS,
): Promise<Outcome> => {
  const changes = [{ ...scenario.change, from: CHANGE_HOUR }]
  const first = new Map<DriftLevel, { readonly after: number; readonly why: string }>()
  const watched = { ...traffic, changes, hours: CHANGE_HOUR + hours, lookFrom: CHANGE_HOUR + 1, everyHours: 1 }
  for await (const { hour, signals } of watchTraffic(watched)) {
    for (const { level, signal, why } of signals)
      if (!first.has(level)) first.set(level, { after: hour - CHANGE_HOUR, why: `${signal}: ${why}` })
    if (first.has('alarm')) break
  }
  const [watch, alarm] = [first.get('watch'), first.get('alarm')]
  const earliest = Math.min(watch?.after ?? Number.POSITIVE_INFINITY, alarm?.after ?? Number.POSITIVE_INFINITY)
  return {
    scenario,
    watchAfterHours: Number.isFinite(earliest) ? earliest : null,
    alarmAfterHours: alarm?.after ?? null,
    why: (alarm ?? watch)?.why ?? '',
  }
}

/** What was seen of a week in which nothing happens. */
export interface NormalWeek {
  readonly traffic: Omit<Traffic, 'changes'>
  readonly looks: number
  /** signals that could be judged, over all looks */
  readonly judged: number
  readonly watched: number
  readonly alarms: number
}

/** Look at a normal week, after five like it. @param hours of it */
export const normalWeek = async (
  traffic: Omit<Traffic, 'changes'>,
  everyHours: number,
  hours: number = WEEK_HOURS,
): Promise<NormalWeek> => {
  let [looks, judged, watched, alarms] = [0, 0, 0, 0]
  const week = { ...traffic, changes: [], hours: 5 * WEEK_HOURS + hours, lookFrom: 5 * WEEK_HOURS + 1, everyHours }
  for await (const { signals } of watchTraffic(week)) {
    const count = (level: DriftLevel) => signals.filter((signal) => signal.level === level).length
    looks += 1
    judged += signals.length - count('unknown')
    watched += count('watch')
    alarms += count('alarm')
  }
  return { traffic, looks, judged, watched, alarms }
}
