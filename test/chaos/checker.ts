/** A caller wants something: one key, one picture that no other caller sends. */
export interface Attempt {
  readonly key: string
  /** the picture's size, `WxH`: it is known by that */
  readonly size: string
}

/** The api has answered 200 or 202: from now on the job is promised. */
export interface Acknowledgement {
  readonly key: string
  readonly id: string
  /** which POST of this key was answered, from 1 */
  readonly tries: number
}

/** A final state as somebody saw it. */
export interface Observation {
  readonly id: string
  readonly status: string
  readonly code: string | null
  /** what the result says of its picture's size; undefined without a result */
  readonly size: string | undefined
  /** the whole outcome as text, to tell two outcomes apart */
  readonly outcome: string
}

/** Everything that happened, in the order it was noticed. */
export interface History {
  readonly attempts: readonly Attempt[]
  readonly acknowledgements: readonly Acknowledgement[]
  readonly observations: readonly Observation[]
  /** the picture of every start of the model */
  readonly runs: readonly string[]
  /** ids and keys of all rows at the end, when they were looked at */
  readonly rows?: readonly { readonly id: string; readonly key: string | null }[]
}

/** One thing that must not have happened. */
export interface Violation {
  readonly kind: 'lost' | 'second' | 'unexpected'
  readonly id: string
  readonly detail: string
}

/** The account of a history. @source the fields of RabbitMQ's Jepsen tests */
export interface Account {
  readonly attempted: number
  readonly acknowledged: number
  /** acknowledged, and over */
  readonly finished: number
  /** never acknowledged, however often the caller asked */
  readonly refused: number
  /** acknowledged only when the caller asked again: the first answer was an error, or none */
  readonly recovered: number
  /** acknowledged and never over: must be 0 */
  readonly lost: number
  /** jobs with two outcomes, or keys with two jobs: must be 0 */
  readonly second: number
  /** outcomes nobody asked for, of another picture, or of a kind this fault does not excuse: must be 0 */
  readonly unexpected: number
  /** starts of the model beyond one a picture: allowed, and counted */
  readonly duplicated: number
  readonly violations: readonly Violation[]
}

/** @returns the groups of more than one kind */
const differing = <T>(groups: Iterable<readonly [string, readonly T[]]>, of: (one: T) => string) =>
  [...groups].flatMap(([name, all]) => {
    const kinds = [...new Set(all.map(of))]
    return kinds.length > 1 ? [{ name, kinds }] : []
  })

const secondOutcomes = ({ acknowledgements, observations }: History): readonly Violation[] => [
  ...differing(
    Map.groupBy(observations, ({ id }) => id),
    ({ outcome }) => outcome,
  ).map(({ name, kinds }) => ({ kind: 'second' as const, id: name, detail: kinds.join(' then ') })),
  ...differing(
    Map.groupBy(acknowledgements, ({ key }) => key),
    ({ id }) => id,
  ).map(({ name, kinds }) => ({
    kind: 'second' as const,
    id: name,
    detail: `one key has the jobs ${kinds.join(', ')}`,
  })),
]

const unexpectedOutcomes = (history: History, excused: readonly string[]): readonly Violation[] => {
  const sizes = new Map(history.attempts.map(({ key, size }) => [key, size]))
  const wanted = new Map(history.acknowledgements.map(({ id, key }) => [id, sizes.get(key)]))
  const seen = new Map(history.observations.map((one) => [one.id, one]))
  const unexpected = (id: string, detail: string): Violation => ({ kind: 'unexpected', id, detail })
  const outcomes = [...seen.values()].flatMap(({ id, status, code, size }) => {
    if (!wanted.has(id)) return [unexpected(id, `${status}, but nobody was promised this job`)]
    if (status === 'succeeded') {
      const asked = wanted.get(id)
      return size === asked ? [] : [unexpected(id, `the result is of picture ${size}, asked was ${asked}`)]
    }
    return code !== null && excused.includes(code) ? [] : [unexpected(id, `${status} ${code ?? ''}`.trim())]
  })
  const strangers = (history.rows ?? []).filter(({ key }) => key === null || !sizes.has(key))
  return [...outcomes, ...strangers.map(({ id }) => unexpected(id, 'a row that no caller asked for'))]
}

const lostJobs = ({ acknowledgements, observations }: History): readonly Violation[] => {
  const over = new Set(observations.map(({ id }) => id))
  return [...new Set(acknowledgements.map(({ id }) => id))]
    .filter((id) => !over.has(id))
    .map((id) => ({ kind: 'lost', id, detail: 'acknowledged, and never over' }))
}

/**
 * Judge a history. Pure. Called when every job had its deadline and more: what is not over by now is lost.
 * @param excused codes of failures that the faults of this history excuse, such as STORAGE_UNAVAILABLE
 */
export const check = (history: History, excused: readonly string[] = []): Account => {
  const { attempts, acknowledgements, observations, runs } = history
  const acked = Map.groupBy(acknowledgements, ({ key }) => key)
  const over = new Set(observations.map(({ id }) => id))
  const lost = lostJobs(history)
  const second = secondOutcomes(history)
  const unexpected = unexpectedOutcomes(history, excused)
  return {
    attempted: attempts.length,
    acknowledged: acked.size,
    finished: [...acked.values()].filter((all) => all.some(({ id }) => over.has(id))).length,
    refused: attempts.filter(({ key }) => !acked.has(key)).length,
    recovered: [...acked.values()].filter((all) => Math.min(...all.map(({ tries }) => tries)) > 1).length,
    lost: lost.length,
    second: second.length,
    unexpected: unexpected.length,
    duplicated: runs.length - new Set(runs).size,
    violations: [...lost, ...second, ...unexpected],
  }
}
