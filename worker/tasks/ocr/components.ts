/** A horizontal stretch of pixels over the threshold: `from` to `to`, both inside. */
export interface Run {
  readonly y: number
  readonly from: number
  readonly to: number
}

/** Pixels that touch each other, also at corners. */
export interface Component {
  readonly runs: readonly Run[]
  /** how many pixels */
  readonly area: number
  /** mean value of those pixels */
  readonly mean: number
}

/**
 * Find the connected regions (8 neighbours) of a map where its value exceeds a threshold: runs row by row, joined with
 * union-find, so that cost grows with the text on the page and hardly with the page.
 * @param values row-major, `width * height` of them
 * @param minArea smaller regions are noise and left out
 */
export const findComponents = (
  values: Float32Array,
  width: number,
  height: number,
  threshold: number,
  minArea: number,
): readonly Component[] => {
  const runs: Run[] = []
  const sums: number[] = []
  const parents: number[] = []
  let above = 0
  let row = 0
  for (let y = 0; y < height; y += 1) {
    const start = runs.length
    scanRow(values, width, y, threshold, runs, sums)
    for (let index = start; index < runs.length; index += 1) parents.push(index)
    joinRows(runs, parents, above, row, start)
    above = start
    row = runs.length
  }
  return collect(runs, sums, parents, minArea)
}

const scanRow = (
  values: Float32Array,
  width: number,
  y: number,
  threshold: number,
  runs: Run[],
  sums: number[],
): void => {
  const base = y * width
  let from = -1
  let sum = 0
  for (let x = 0; x < width; x += 1) {
    const value = values[base + x] as number
    if (value > threshold) {
      if (from < 0) {
        from = x
        sum = 0
      }
      sum += value
    } else if (from >= 0) {
      runs.push({ y, from, to: x - 1 })
      sums.push(sum)
      from = -1
    }
  }
  if (from >= 0) {
    runs.push({ y, from, to: width - 1 })
    sums.push(sum)
  }
}

/** Join the runs of one row (`start` to the end) with those of the row above (`above` up to `aboveEnd`). */
const joinRows = (runs: readonly Run[], parents: number[], above: number, aboveEnd: number, start: number): void => {
  let upper = above
  for (let index = start; index < runs.length; index += 1) {
    const run = runs[index] as Run
    while (upper < aboveEnd && (runs[upper] as Run).to < run.from - 1) upper += 1
    for (let other = upper; other < aboveEnd && (runs[other] as Run).from <= run.to + 1; other += 1)
      unite(parents, index, other)
  }
}

const root = (parents: number[], index: number): number => {
  let at = index
  while (parents[at] !== at) {
    parents[at] = parents[parents[at] as number] as number
    at = parents[at] as number
  }
  return at
}

const unite = (parents: number[], a: number, b: number): void => {
  const rootA = root(parents, a)
  const rootB = root(parents, b)
  if (rootA < rootB) parents[rootB] = rootA
  else parents[rootA] = rootB
}

const collect = (
  runs: readonly Run[],
  sums: readonly number[],
  parents: number[],
  minArea: number,
): readonly Component[] => {
  const groups = new Map<number, { runs: Run[]; area: number; sum: number }>()
  for (const [index, run] of runs.entries()) {
    const key = root(parents, index)
    let group = groups.get(key)
    if (group === undefined) {
      group = { runs: [], area: 0, sum: 0 }
      groups.set(key, group)
    }
    group.runs.push(run)
    group.area += run.to - run.from + 1
    group.sum += sums[index] as number
  }
  return [...groups.values()]
    .filter(({ area }) => area >= minArea)
    .map(({ runs: own, area, sum }) => ({ runs: own, area, mean: sum / area }))
}
