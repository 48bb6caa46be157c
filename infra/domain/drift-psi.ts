/**
 * The rule of thumb of credit scoring: under 0.1 little has changed, over 0.25 much has. It is custom, not theory: it says
 * nothing of how likely an index is, which is why chance is looked at too.
 * @source N. Siddiqi, "Credit Risk Scorecards" (2006); its lack of grounds: Yurdakul and Naranjo (2020)
 */
export const WATCH_PSI = 0.1
/** The other end of it. */
export const ALARM_PSI = 0.25

/** Counts of the same bins now and before. Those of before may have been weighted: they need not be whole. */
export interface BinPair {
  readonly present: number
  readonly reference: number
}

/** How far two distributions are apart. */
export interface Stability {
  /** population stability index: 0 = the same */
  readonly psi: number
  /** bins less one, as they were joined for it */
  readonly freedom: number
  /** by bin, in the order given: ln of its share now over its share before; sums of it over parts of the whole tell theirs */
  readonly pull: readonly number[]
}

/** Under a uniform null a bin is expected to hold so many of the smaller side, or the index is mostly its own noise. */
const LEAST_EXPECTED = 10
/** An empty bin's logarithm is no number. @source Jeffreys' prior for shares */
const SMOOTHING = 0.5

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

interface Group extends BinPair {
  readonly members: readonly number[]
}

const joined = (groups: readonly Group[]): Group => ({
  present: sum(groups.map(({ present }) => present)),
  reference: sum(groups.map(({ reference }) => reference)),
  members: groups.flatMap(({ members }) => members),
})

/** Bins with enough in them. What is too little joins its neighbour, or where there are none, all else that is rare. */
const groupsOf = (pairs: readonly BinPair[], isOrdered: boolean, n: number, m: number): readonly Group[] => {
  const isEnough = ({ present, reference }: BinPair): boolean =>
    ((present + reference) / (n + m)) * Math.min(n, m) >= LEAST_EXPECTED
  const single = pairs.map((pair, index): Group => ({ ...pair, members: [index] }))
  if (!isOrdered) {
    const { enough = [], rare = [] } = Object.groupBy(single, (one) => (isEnough(one) ? 'enough' : 'rare'))
    return rare.length === 0 ? enough : [...enough, joined(rare)]
  }
  const groups: Group[] = []
  let open: Group[] = []
  for (const one of single) {
    open.push(one)
    if (!isEnough(joined(open))) continue
    groups.push(joined(open))
    open = []
  }
  const last = groups.pop()
  return [...groups, joined([...(last ? [last] : []), ...open])]
}

/**
 * Population stability index of two histograms: the sum over bins of (p - q) ln(p / q).
 * @param isOrdered bins that are beside each other are alike
 * @source S. Kullback and R. Leibler, "On Information and Sufficiency" (1951), the symmetric divergence J
 */
export const stabilityOf = (pairs: readonly BinPair[], isOrdered: boolean): Stability => {
  const [n, m] = [sum(pairs.map(({ present }) => present)), sum(pairs.map(({ reference }) => reference))]
  const groups = n > 0 && m > 0 ? groupsOf(pairs, isOrdered, n, m) : []
  const smooth = (count: number, total: number): number => (count + SMOOTHING) / (total + SMOOTHING * groups.length)
  const pull = pairs.map(() => 0)
  let psi = 0
  for (const { present, reference, members } of groups) {
    const [p, q] = [smooth(present, n), smooth(reference, m)]
    const log = Math.log(p / q)
    psi += (p - q) * log
    for (const member of members) pull[member] = log
  }
  return { psi, freedom: Math.max(0, groups.length - 1), pull }
}

/**
 * The standard normal's value that is exceeded with this probability, to 0.00045.
 * @source Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.23
 */
const normalAbove = (probability: number): number => {
  const t = Math.sqrt(-2 * Math.log(probability))
  return t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
}

/**
 * The chi-square value that is exceeded with this probability.
 * @param freedom 1 or more @param probability 0..0.5
 * @source E. Wilson and M. Hilferty, "The Distribution of Chi-Square" (1931)
 */
export const chiSquareAbove = (freedom: number, probability: number): number => {
  const spread = 2 / (9 * freedom)
  return freedom * (1 - spread + normalAbove(probability) * Math.sqrt(spread)) ** 3
}

/**
 * How great an index becomes by chance alone, when nothing has moved.
 * @param n jobs now @param m jobs before @param probability that it is greater although nothing moved
 * @source B. Yurdakul and J. Naranjo, "Statistical properties of the population stability index" (2020)
 */
export const chanceOf = (freedom: number, n: number, m: number, probability: number): number =>
  freedom < 1 ? 0 : chiSquareAbove(freedom, probability) * (1 / n + 1 / m)
