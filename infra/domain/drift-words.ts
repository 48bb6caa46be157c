import type { Explained } from './drift-callers.ts'
import type { CutDrift, DriftLevel, SignalDrift } from './drift-evaluation.ts'

const figure = (value: number): string => value.toFixed(value < 0.01 ? 3 : 2)

const PLACES: Readonly<Record<SignalDrift['reference']['kind'], string>> = {
  pinned: 'the pinned reference',
  weeks: 'the same hours of the weeks before',
  days: 'the same hours of the days before, as the model is younger than a week',
}

const nameOf = ({ by, value }: Pick<CutDrift, 'by' | 'value'>): string => `${by} ${value === '' ? '(none)' : value}`

/** Who has moved most, and whether it is alone. */
const partsOf = (worst: CutDrift, moved: readonly CutDrift[]): string => {
  const others = moved.filter(({ by, value }) => by === worst.by && value !== worst.value).length
  return others === 0 ? nameOf(worst) : `${nameOf(worst)} most of all, of ${others + 1} that`
}

/** The one part that most of it comes from. All of them are in one SDK or one model, often: that says nothing. */
const mostOf = (cuts: readonly CutDrift[], count: number): CutDrift | undefined =>
  cuts
    .filter((cut) => (cut.share ?? 0) > 0.5 && cut.count < count)
    .toSorted((a, b) => (b.share ?? 0) - (a.share ?? 0))[0]

/**
 * Why a signal has its level.
 * @param ownLevel of all jobs together @param chance what the index of all may be by chance @param least jobs that are needed
 */
export const whyOf = (
  { psi, windowHours, count, referenceCount, reference, cuts }: Omit<SignalDrift, 'why' | 'bins'>,
  ownLevel: DriftLevel,
  chance: number,
  least: number,
): string => {
  if (psi === null) {
    if (count < least) return `${count} jobs in ${windowHours} h: too few to tell`
    return `too few jobs of the same models in ${PLACES[reference.kind]}`
  }
  const all = `${count} jobs of ${windowHours} h against ${referenceCount} of ${PLACES[reference.kind]}: index ${figure(psi)}, by chance up to ${figure(chance)}`
  const moved = cuts.filter(({ level }) => level === 'watch' || level === 'alarm')
  const worse = moved.find(({ level }) => ownLevel === 'well' || (level === 'alarm' && ownLevel === 'watch'))
  if (worse) return `${partsOf(worse, moved)} moved, index ${figure(worse.psi ?? 0)} of ${worse.count} jobs; ${all}`
  const most = ownLevel === 'well' ? undefined : mostOf(cuts, count)
  return most ? `${all}; ${figure((most.share ?? 0) * 100)} % of it is ${nameOf(most)}` : all
}

/** That a tenant's volume makes a distance, as a further half-sentence; '' where none does. */
export const volumeOf = (explained: Explained | undefined): string => {
  if (!explained) return ''
  const { tenant, times, psi } = explained
  return `; tenant ${tenant} sends ${Number(times.toPrecision(2))} times as much as before: but for that the index is ${figure(psi)}`
}
