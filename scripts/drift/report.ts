import type { CutDrift, DriftEvaluation, SignalDrift } from '../../infra/domain/drift-evaluation.ts'
import { table } from '../output.ts'
import type { NormalWeek, Outcome } from './scenarios.ts'

const figure = (value: number | null): string => (value === null ? '-' : value.toFixed(3))
const instant = (at: number): string => new Date(at).toISOString().slice(0, 16).replace('T', ' ')
const nameOf = ({ by, value }: Pick<CutDrift, 'by' | 'value'>): string => `${by} ${value === '' ? '(none)' : value}`

/** What moved furthest of the parts that are told of. */
const worstCut = ({ cuts }: SignalDrift): string => {
  const [first] = cuts.filter(({ psi }) => psi !== null).toSorted((a, b) => (b.psi ?? 0) - (a.psi ?? 0))
  return first ? `${nameOf(first)} ${figure(first.psi)}` : '-'
}

/** For people: a line a signal, and why of those that have moved. */
export const driftTable = ({ evaluatedAt, signals }: DriftEvaluation): string => {
  const moved = signals.filter(({ level }) => level === 'alarm' || level === 'watch')
  return [
    `${instant(evaluatedAt)} UTC: ${moved.length} of ${signals.length} signals have moved`,
    '',
    table([
      ['TASK', 'SIGNAL', 'LEVEL', 'INDEX', 'HOURS', 'JOBS', 'COMPARED WITH', 'FURTHEST'],
      ...signals.map((one) => [
        ...[one.task, one.signal, one.level, figure(one.psi), String(one.windowHours), String(one.count)],
        ...[`${one.referenceCount} (${one.reference.kind})`, worstCut(one)],
      ]),
    ]),
    ...(moved.length > 0 ? ['', ...moved.map(({ task, signal, why }) => `${task} ${signal}: ${why}`)] : []),
  ].join('\n')
}

/** One signal, by its bins and its parts. */
export const signalTable = ({ task, signal, level, why, bins, cuts }: SignalDrift): string =>
  [
    `${task} ${signal}: ${level}`,
    why,
    '',
    table([
      ['BIN', 'BEFORE', 'NOW'],
      ...bins.map(({ label, ...one }) => [label, figure(one.reference), figure(one.present)]),
    ]),
    '',
    table([
      ['PART', 'LEVEL', 'INDEX', 'SHARE OF THE WHOLE', 'JOBS'],
      ...cuts.map((cut) => [nameOf(cut), cut.level, figure(cut.psi), figure(cut.share), String(cut.count)]),
    ]),
  ].join('\n')

const after = (hours: number | null): string => (hours === null ? 'never' : `${hours} h`)

/** What normal weeks raised. */
export const weeksTable = (weeks: readonly NormalWeek[]): string =>
  table([
    ['CHECKS A DAY', 'TENANTS', 'SEED', 'LOOKS', 'VERDICTS', 'WATCHED', 'ALARMS'],
    ...weeks.map(({ traffic, looks, judged, watched, alarms }) => [
      ...[String(traffic.checksPerDay), String(traffic.tenantCount), String(traffic.seed)],
      ...[String(looks), String(judged), String(watched), String(alarms)],
    ]),
  ])

/** What scenarios raised, and when. */
export const scenariosTable = (checksPerDay: number, outcomes: readonly Outcome[]): string =>
  table([
    [`AT ${checksPerDay} CHECKS A DAY`, 'IS DRIFT', 'WATCHED AFTER', 'ALARM AFTER'],
    ...outcomes.map(({ scenario, watchAfterHours, alarmAfterHours }) => [
      ...[scenario.name, scenario.isDrift ? 'yes' : 'no', after(watchAfterHours), after(alarmAfterHours)],
    ]),
  ])
