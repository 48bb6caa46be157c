import type { DriftEvaluation, SignalDrift } from '../../infra/domain/drift-evaluation.ts'
import type { TaskName } from '../../infra/domain/task.ts'
import { TASK_NAMES } from '../../infra/domain/task.ts'
import type { Clock } from '../../infra/ports/clock.ts'
import type { DriftStore } from '../../infra/ports/drift-store.ts'
import type { Logger } from '../../infra/ports/logger.ts'
import type { Metrics } from '../../infra/ports/metrics.ts'
import type { Notifier } from '../../infra/ports/notifier.ts'
import { type Repeated, repeat } from '../../infra/runtime/repeat.ts'
import { readDrift } from './read-drift.ts'

interface WatchDeps {
  readonly drift: Pick<DriftStore, 'sums' | 'pins' | 'keep'>
  readonly notifier: Notifier
  readonly metrics: Pick<Metrics, 'gauges' | 'gaugeTable'>
  readonly clock: Pick<Clock, 'now'>
  readonly log: Logger
}

interface WatchOptions {
  /** the pool that does a task; undefined = none */
  readonly poolOf: (task: TaskName) => string | undefined
  /** does this process lead? */
  readonly leads: () => boolean
}

const HOUR_MS = 3_600_000
/** Windows are whole hours: only an hour that is over, or another reference, is something new to see. */
const LOOK_MS = 60_000
/** Signals that a notice names; the rest is counted. */
const MOST_NAMED = 5

/** Tells of a task that has moved once, again when more of it has, and of the end. */
const createTellDrift = ({ notifier, log }: Pick<WatchDeps, 'notifier' | 'log'>, poolOf: WatchOptions['poolOf']) => {
  /** by task, the signals that people have heard of */
  const told = new Map<TaskName, ReadonlySet<string>>()

  const tell = (task: TaskName, at: number, kind: 'alert' | 'recovered', lines: readonly string[]): void => {
    const pool = poolOf(task)
    if (pool !== undefined) notifier.tell({ kind, pool, at, lines, key: `drift:${task}`, actions: [] })
  }

  const linesOf = (task: TaskName, moved: readonly SignalDrift[]): readonly string[] => [
    `${task}: what comes in, or what is made of it, is not what it was: ${moved.map(({ signal }) => signal).join(', ')}`,
    ...moved.slice(0, MOST_NAMED).map(({ signal, why }) => `${signal}: ${why}`),
    ...(moved.length > MOST_NAMED ? [`and ${moved.length - MOST_NAMED} more: ./muster drift`] : []),
  ]

  return ({ evaluatedAt, signals }: DriftEvaluation): void => {
    for (const task of TASK_NAMES) {
      const own = signals.filter((signal) => signal.task === task)
      const before = told.get(task) ?? new Set()
      // What hovers about the line is one alarm: it is over when it is well.
      const moved = own.filter(({ level, signal }) => level === 'alarm' || (level === 'watch' && before.has(signal)))
      const now = new Set(moved.map(({ signal }) => signal))
      if ([...now].some((signal) => !before.has(signal))) {
        // Tenants are named to people, not to logs.
        log.warn({ task, signals: [...now] }, 'distributions have moved')
        tell(task, evaluatedAt, 'alert', linesOf(task, moved))
      }
      if (now.size === 0 && before.size > 0)
        tell(task, evaluatedAt, 'recovered', [
          `${task}: distributions are as they were again, or too little is seen to tell`,
        ])
      // Of several signals one that has recovered is not told of again when it comes back before the others are well.
      told.set(task, now.size === 0 ? now : new Set([...before, ...now]))
    }
  }
}

/**
 * Looks for drift, keeps what was found, shows it to whoever collects metrics, and tells people.
 * @returns looks once; to be repeated
 */
export const createDriftWatch = (deps: WatchDeps, { poolOf, leads }: WatchOptions): (() => Promise<void>) => {
  const { drift, metrics, clock } = deps
  const tellDrift = createTellDrift(deps, poolOf)
  let last: DriftEvaluation | undefined
  // Only the leader shows it: what another once saw is history.
  const signals = () => (leads() ? (last?.signals ?? []) : [])
  metrics.gaugeTable(
    'muster_drift_psi',
    'Population stability index against the reference, of all jobs of a task',
    ['task', 'signal'],
    () => signals().flatMap(({ task, signal, psi }) => (psi === null ? [] : [[[task, signal], psi] as const])),
  )
  metrics.gauges('muster_drift_alarms', 'Signals of a task that have moved, as a whole or in a part', 'task', () => {
    const alarmed = signals().filter(({ level }) => level === 'alarm')
    const counts = (task: TaskName) => alarmed.filter((one) => one.task === task).length
    return new Map(signals().length > 0 ? TASK_NAMES.map((task) => [task, counts(task)]) : [])
  })
  let seen = ''
  return async () => {
    if (!leads()) {
      last = undefined
      return
    }
    const now = clock.now()
    const toSee = JSON.stringify([Math.floor(now / HOUR_MS), await drift.pins()])
    if (last && toSee === seen) return
    const evaluation = await readDrift(drift, now, { goesOn: leads })
    // Another process leads now and sees for itself: what this one saw half of is nobody's.
    if (!evaluation) return
    await drift.keep(evaluation)
    last = evaluation
    seen = toSee
    tellDrift(evaluation)
  }
}

/** The same, again and again. */
export const watchDrift = (deps: WatchDeps, options: WatchOptions): Repeated =>
  repeat('drift', LOOK_MS, deps.log, createDriftWatch(deps, options))
