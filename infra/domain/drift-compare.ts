import { type Caller, type Explained, explainedBy, otherVolume } from './drift-callers.ts'
import { DRIFT_CUTS, type DriftCut, type DriftReference } from './drift-evaluation.ts'
import { type Cell, cellsOf, contribution, countOf, type Mixed, mix } from './drift-mix.ts'
import { WATCH_PSI } from './drift-psi.ts'
import { type DriftShare, SIGNALS, type Signal } from './drift-signals.ts'
import type { Steps } from './steps.ts'
import type { TaskName } from './task.ts'

/** What is compared: the last hours of a task with others. */
export interface DriftWindow {
  readonly task: TaskName
  /** the present is so many hours */
  readonly hours: number
  readonly present: readonly DriftShare[]
  readonly before: readonly DriftShare[]
  readonly reference: DriftReference
  /** models that are compared with days; left out = all of them where the reference is days */
  readonly young?: ReadonlySet<string>
}

/** How far something is from itself of before, and what chance goes by. Bins are left out: there are as many as tenants. */
export interface Distance extends Pick<Mixed, 'psi' | 'freedom' | 'n' | 'm'> {
  /** by a tenant that sends as before, but another amount; undefined = there is none */
  readonly explained?: Explained | undefined
}

/** One part of what a signal is made from, beside the whole. */
export interface CutComparison {
  readonly by: DriftCut
  readonly value: string
  readonly count: number
  /** the part with itself; undefined = too little was seen of it */
  readonly compared: Distance | undefined
  /** its part of the whole's index; undefined = the whole has none */
  readonly share: number | undefined
  /** half of its jobs or more are of models that are compared with days */
  readonly isYoung: boolean
}

/** A signal in a window, as a whole and in parts. It holds nothing of what the window was made from, which is large. */
export interface SignalComparison extends Pick<DriftWindow, 'task' | 'hours' | 'reference'> {
  readonly signal: Signal
  readonly count: number
  /** undefined = too little was seen */
  readonly whole: (Mixed & Distance) | undefined
  /** of the whole, as of a cut */
  readonly isYoung: boolean
  readonly cuts: readonly CutComparison[]
}

/** Every job is in one cell by SDK: those are all of them. */
const isAll = ({ by }: Cell): boolean => by === 'sdk'

const valueIn =
  (cut: DriftCut) =>
  ({ by, model, value }: Cell): string | undefined => {
    if (cut === 'model') return by === 'sdk' ? model : undefined
    return by === cut ? value : undefined
  }

/** How young what is compared is. */
const youth = ({ young, reference }: DriftWindow) => {
  const isYoung = ({ model }: Cell): boolean => (young ? young.has(model) : reference.kind === 'days')
  return (cells: readonly Cell[]): boolean => 2 * countOf(cells.filter(isYoung)) >= Math.max(1, countOf(cells))
}

const distanceOf = (compared: Mixed | undefined, explained?: Explained): Distance | undefined => {
  if (!compared) return undefined
  const { psi, freedom, n, m } = compared
  return { psi, freedom, n, m, explained }
}

function* cutsOf(
  cut: DriftCut,
  {
    window,
    whole,
    least,
    explain,
    ...cells
  }: {
    window: DriftWindow
    present: readonly Cell[]
    before: readonly Cell[]
    whole: Mixed | undefined
    least: number
    explain?: (mixed: Mixed) => Explained | undefined
  },
  signal: Signal,
): Steps<readonly CutComparison[]> {
  const [own, isYoung] = [valueIn(cut), youth(window)]
  const grouped = (all: readonly Cell[]) => Map.groupBy(all, own)
  const [now, before] = [grouped(cells.present), grouped(cells.before)]
  const values = [...new Set([...now.keys(), ...before.keys()])].filter((value) => value !== undefined)
  const parts: (Omit<CutComparison, 'by' | 'share'> & { readonly moved: number | undefined })[] = []
  for (const value of values) {
    const [cells, cellsBefore] = [now.get(value) ?? [], before.get(value) ?? []]
    const moved = whole && contribution(whole, cells, cellsBefore)
    const mixed = mix(cells, cellsBefore, signal, least)
    const compared = distanceOf(mixed, mixed && explain?.(mixed))
    parts.push({ value, count: countOf(cells), compared, moved, isYoung: isYoung(cells) })
    yield
  }
  const total = parts.reduce((all, { moved = 0 }) => all + moved, 0)
  return parts.map(({ moved, ...part }) => ({
    ...{ by: cut, ...part },
    share: moved === undefined || total <= 0 ? undefined : moved / total,
  }))
}

/** Tenants that send what they sent, however much it is. */
const callersIn = (
  tenants: readonly CutComparison[],
  present: readonly Cell[],
  before: readonly Cell[],
): readonly Caller[] => {
  const [now, past] = [present, before].map((cells) => Map.groupBy(cells, valueIn('tenant')))
  return tenants
    .filter(({ compared }) => compared !== undefined && compared.psi < WATCH_PSI)
    .map(({ value }) => ({ tenant: value, present: now?.get(value) ?? [], before: past?.get(value) ?? [] }))
}

function* compareSignal(window: DriftWindow, signal: Signal, least: number): Steps<SignalComparison> {
  const { task, hours, reference } = window
  const present = cellsOf(window.present, signal)
  yield
  const before = cellsOf(window.before, signal)
  yield
  const all = present.filter(isAll)
  const whole = mix(all, before.filter(isAll), signal, least)
  const facts = { window, present, before, whole, least }
  const tenants = yield* cutsOf('tenant', facts, signal)
  const caller = whole && otherVolume(whole, callersIn(tenants, present, before))
  yield
  const explain = (mixed: Mixed) => caller && explainedBy(mixed, caller, signal)
  const cuts = [...tenants]
  for (const cut of DRIFT_CUTS) if (cut !== 'tenant') cuts.push(...(yield* cutsOf(cut, { ...facts, explain }, signal)))
  return {
    ...{ task, hours, reference, signal, cuts, count: countOf(all), isYoung: youth(window)(all) },
    whole: whole && { ...whole, explained: explain(whole) },
  }
}

/**
 * Compare every signal of a window's task, a part of it at each step.
 * @param least jobs on each side
 */
export function* compareWindow(window: DriftWindow, least: number): Steps<readonly SignalComparison[]> {
  const comparisons: SignalComparison[] = []
  for (const signal of SIGNALS[window.task]) comparisons.push(yield* compareSignal(window, signal, least))
  return comparisons
}
