import { compareWindow, type DriftWindow, type SignalComparison } from '../../infra/domain/drift-compare.ts'
import type { DriftEvaluation, DriftReference, PinnedReference } from '../../infra/domain/drift-evaluation.ts'
import { daysBefore, hoursLike, hoursUntil, stretchOf, weeksBefore } from '../../infra/domain/drift-hours.ts'
import { LEAST_COUNT } from '../../infra/domain/drift-mix.ts'
import { chooseReference, type DriftPast, strangers } from '../../infra/domain/drift-reference.ts'
import { driftVerdicts, type VerdictOptions } from '../../infra/domain/drift-verdict.ts'
import { TASK_NAMES, type TaskName } from '../../infra/domain/task.ts'
import type { DriftStore } from '../../infra/ports/drift-store.ts'
import { giveWay, type Pace } from '../../infra/runtime/give-way.ts'

/** A day has every kind of caller in it; three hours tell sooner, where there are enough jobs. */
const WINDOW_HOURS = [24, 3]

/** Where distributions are read. */
export type ReadDriftStore = Pick<DriftStore, 'sums' | 'pins'>

/** What is compared, of a task and the last so many hours. */
const createWindowOf = (
  store: ReadDriftStore,
  now: number,
  pins: readonly PinnedReference[],
  { leastCount }: VerdictOptions,
) => {
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

  return async (task: TaskName, count: number): Promise<DriftWindow> => {
    const hours = hoursUntil(now, count)
    const present = await store.sums(task, hours)
    const pin = pins.find((one) => one.task === task)
    const weeks = await past(task, 'weeks', weeksBefore(hours), pin)
    const pasts: DriftPast[] = [...(await pinned(pin, hours)), weeks]
    if (strangers(present, pasts, leastCount).length > 0) pasts.push(await past(task, 'days', daysBefore(hours), pin))
    const [first = weeks, ...others] = pasts
    const { reference, shares: before, young } = chooseReference(present, [first, ...others], leastCount)
    return { task, hours: count, present, before, reference, young }
  }
}

/**
 * Drift as it is at a moment. The process does whatever else there is to do meanwhile, and holds one window at a time.
 * @param now epoch ms
 * @returns undefined = `goesOn` said no
 * @throws UnavailableError
 */
export async function readDrift(store: ReadDriftStore, now: number, options?: VerdictOptions): Promise<DriftEvaluation>
export async function readDrift(
  store: ReadDriftStore,
  now: number,
  options: VerdictOptions & Pace,
): Promise<DriftEvaluation | undefined>
export async function readDrift(
  store: ReadDriftStore,
  now: number,
  options: VerdictOptions & Pace = {},
): Promise<DriftEvaluation | undefined> {
  const windowOf = createWindowOf(store, now, await store.pins(), options)
  const comparisons: SignalComparison[] = []
  for (const [task, count] of TASK_NAMES.flatMap((task) => WINDOW_HOURS.map((count) => [task, count] as const))) {
    const compared = await giveWay(
      compareWindow(await windowOf(task, count), options.leastCount ?? LEAST_COUNT),
      options,
    )
    if (!compared) return undefined
    comparisons.push(...compared.result)
  }
  const judged = await giveWay(driftVerdicts(comparisons, options), options)
  const reference = stretchOf(weeksBefore(hoursUntil(now, WINDOW_HOURS[0] ?? 1)))
  return judged && { evaluatedAt: now, reference, signals: judged.result }
}
