import type { DriftWindow } from '../../infra/domain/drift-compare.ts'
import type { DriftEvaluation, DriftReference, PinnedReference } from '../../infra/domain/drift-evaluation.ts'
import { daysBefore, hoursLike, hoursUntil, stretchOf, weeksBefore } from '../../infra/domain/drift-hours.ts'
import { chooseReference, type DriftPast, strangers } from '../../infra/domain/drift-reference.ts'
import { driftVerdicts, type VerdictOptions } from '../../infra/domain/drift-verdict.ts'
import { TASK_NAMES, type TaskName } from '../../infra/domain/task.ts'
import type { DriftStore } from '../../infra/ports/drift-store.ts'

/** A day has every kind of caller in it; three hours tell sooner, where there are enough jobs. */
const WINDOW_HOURS = [24, 3]

/** Where distributions are read. */
export type ReadDriftStore = Pick<DriftStore, 'sums' | 'pins'>

/** Drift as it is at a moment. @param now epoch ms @throws UnavailableError */
export const readDrift = async (
  store: ReadDriftStore,
  now: number,
  options: VerdictOptions = {},
): Promise<DriftEvaluation> => {
  const pins = await store.pins()

  const past = async (
    task: TaskName,
    kind: DriftReference['kind'],
    hours: readonly number[],
    pin: PinnedReference | undefined,
  ): Promise<DriftPast> => {
    // Whoever pins says that what was before is no measure any more.
    const allowed = hours.filter((hour) => hour >= (pin?.from ?? Number.NEGATIVE_INFINITY))
    return { reference: { kind, ...stretchOf(hours) }, shares: await store.sums(task, allowed) }
  }

  const pinned = async (pin: PinnedReference | undefined, hours: readonly number[]): Promise<readonly DriftPast[]> => {
    const like = pin ? hoursLike(hours, pin) : []
    return pin && like.length > 0 ? [await past(pin.task, 'pinned', like, pin)] : []
  }

  const windowOf = async (task: TaskName, count: number): Promise<DriftWindow> => {
    const hours = hoursUntil(now, count)
    const present = await store.sums(task, hours)
    const pin = pins.find((one) => one.task === task)
    const weeks = await past(task, 'weeks', weeksBefore(hours), pin)
    const pasts: DriftPast[] = [...(await pinned(pin, hours)), weeks]
    if (strangers(present, pasts, options.leastCount).length > 0)
      pasts.push(await past(task, 'days', daysBefore(hours), pin))
    const [first = weeks, ...others] = pasts
    const { reference, shares: before, young } = chooseReference(present, [first, ...others], options.leastCount)
    return { task, hours: count, present, before, reference, young }
  }

  const windows: DriftWindow[] = []
  for (const task of TASK_NAMES) for (const count of WINDOW_HOURS) windows.push(await windowOf(task, count))
  const reference = stretchOf(weeksBefore(hoursUntil(now, WINDOW_HOURS[0] ?? 1)))
  return { evaluatedAt: now, reference, signals: driftVerdicts(windows, options) }
}
