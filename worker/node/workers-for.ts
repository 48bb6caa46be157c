/** What a node was seen to do with so many workers. */
export interface Measured {
  readonly workersPerNode: number
  readonly checksPerSecond: number
}

/** Something that every worker takes its share of. */
export interface Budget {
  /** in words: `memory`, `GPU memory` */
  readonly what: string
  readonly bytes: number
  readonly perWorkerBytes: number
}

/** What to choose from. */
export interface WorkersForInput {
  /** one for each number of workers that was measured */
  readonly measurements: readonly Measured[]
  readonly budgets: readonly Budget[]
  /** whatever fits and pays */
  readonly most: number
}

/** A number of workers, and why in words. */
export interface WorkersFor {
  readonly count: number
  readonly why: string
}

/** Fewer workers that do nearly as much are better: each has its memory, and one that dies takes less with it. */
const AS_GOOD_RATIO = 0.95

const mb = (bytes: number): string => `${Math.floor(bytes / (1024 * 1024))} MB`
const figure = (value: number): string => String(Number(value.toPrecision(3)))

const roomOf = ({ bytes, perWorkerBytes }: Budget): number => Math.floor(bytes / perWorkerBytes)

/** What bounds the number, and to how many. */
const boundOf = (budgets: readonly Budget[], most: number): WorkersFor => {
  const [tightest] = budgets.toSorted((a, b) => roomOf(a) - roomOf(b))
  if (!tightest || roomOf(tightest) >= most) return { count: most, why: `no more than ${most} are allowed` }
  const { what, bytes, perWorkerBytes } = tightest
  const share = `${mb(bytes)} of ${what} at ${mb(perWorkerBytes)} each`
  const count = roomOf(tightest)
  return count > 0 ? { count, why: share } : { count: 1, why: `${share} are too little for one: it may be killed` }
}

/**
 * How many workers a node should run. Pure. Of the numbers that were measured and fit, the smallest that does as much as the
 * best; where none was, as many as fit.
 */
export const workersFor = ({ measurements, budgets, most }: WorkersForInput): WorkersFor => {
  const bound = boundOf(budgets, Math.max(1, most))
  const fitting = measurements
    .filter(({ workersPerNode, checksPerSecond }) => workersPerNode <= bound.count && checksPerSecond > 0)
    .toSorted((a, b) => a.workersPerNode - b.workersPerNode)
  if (fitting.length === 0) {
    const unmeasured = measurements.length > 0 ? 'what was measured does not fit' : 'not measured'
    return { count: bound.count, why: `${unmeasured}: by memory alone, ${bound.why}` }
  }
  const best = Math.max(...fitting.map(({ checksPerSecond }) => checksPerSecond))
  const chosen = fitting.find(({ checksPerSecond }) => checksPerSecond >= best * AS_GOOD_RATIO) ?? fitting[0]
  const { workersPerNode: count = 1, checksPerSecond = 0 } = chosen ?? {}
  const numbers = fitting.map(({ workersPerNode }) => workersPerNode).join(', ')
  const did = `measured ${numbers}: ${count} do ${figure(checksPerSecond)} checks a second, the best ${figure(best)}`
  return { count, why: `${did}; room for ${bound.count}, ${bound.why}` }
}
