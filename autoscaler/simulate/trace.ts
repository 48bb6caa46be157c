import { AppError } from '../../infra/domain/errors.ts'

/** A file that is no trace of request counts. */
export class TraceInvalidError extends AppError {
  readonly code = 'TRACE_INVALID'
  readonly retryable = false
}

/** Requests counted over equal intervals. */
export interface Trace {
  /** epoch ms of the first interval's start */
  readonly startAt: number
  readonly intervalMinutes: number
  /** mean demand of each interval, in requests a second */
  readonly rates: readonly number[]
}

const MINUTE_MS = 60_000
const HEADER = 'timestamp,requests'
/** Where an interval says nothing finer: the share of requests by which real minutes stray from a smooth curve. */
const MINUTE_NOISE = 0.05
const NOISE_MEMORY = 0.3
/** Steps of the simulation. */
export const TRACE_STEP_SECONDS = 15
const STEPS_PER_MINUTE = 60 / TRACE_STEP_SECONDS

/**
 * Read a CSV file with the header `timestamp,requests`: the start of each interval, in equal distances, and its count.
 * @throws TraceInvalidError with the line that is wrong
 */
export const parseTrace = (text: string): Trace => {
  const lines = text.trim().split(/\r?\n/)
  if (lines[0]?.trim() !== HEADER) throw new TraceInvalidError(`the first line must be \`${HEADER}\``)
  const rows = lines.slice(1).map((line, index) => {
    const [stamp = '', count = ''] = line.split(',')
    const [at, requests] = [Date.parse(stamp), Number(count)]
    if (Number.isNaN(at)) throw new TraceInvalidError(`line ${index + 2}: the timestamp is not ISO 8601`)
    if (count.trim() === '' || !Number.isFinite(requests) || requests < 0)
      throw new TraceInvalidError(`line ${index + 2}: requests must be a count`)
    return { at, requests }
  })
  const [first, second] = rows
  if (!first || !second) throw new TraceInvalidError('a trace has at least two rows')
  const intervalMs = second.at - first.at
  if (intervalMs < MINUTE_MS || intervalMs % MINUTE_MS !== 0)
    throw new TraceInvalidError('intervals must be whole minutes')
  const uneven = rows.findIndex(({ at }, index) => at !== first.at + index * intervalMs)
  if (uneven !== -1) throw new TraceInvalidError(`line ${uneven + 2}: the intervals are not equal`)
  const seconds = intervalMs / 1000
  return {
    startAt: first.at,
    intervalMinutes: intervalMs / MINUTE_MS,
    rates: rows.map(({ requests }) => requests / seconds),
  }
}

/** The trace at another volume: its 99.5th percentile, of the intervals with traffic, becomes this many requests a second. */
export const scaleTo = (trace: Trace, p995: number): Trace => {
  const busy = trace.rates.filter((rate) => rate > 0).sort((a, b) => a - b)
  const present = busy[Math.floor(busy.length * 0.995)]
  if (present === undefined) throw new TraceInvalidError('a trace without requests cannot be scaled')
  return { ...trace, rates: trace.rates.map((rate) => (rate * p995) / present) }
}

/** Uniform in 0..1, the same for the same seed. @source mulberry32, T. Ettinger, public domain */
export const seededRandom = (seed: number): (() => number) => {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(random() + 1e-12)) * Math.cos(2 * Math.PI * random())

/** Above it a Poisson count is as good as a normal one. */
const MANY = 30

const poisson = (mean: number, random: () => number): number => {
  if (mean <= 0) return 0
  if (mean > MANY) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)))
  const limit = Math.exp(-mean)
  let count = 0
  for (let product = random(); product > limit; product *= random()) count += 1
  return count
}

/** Demand of each minute: long intervals drawn as a line from middle to middle, except where traffic begins or ends. */
const minutesOf = ({ rates, intervalMinutes }: Trace, random: () => number): number[] => {
  if (intervalMinutes === 1) return [...rates]
  let noise = 0
  return Array.from({ length: rates.length * intervalMinutes }, (_, minute) => {
    const own = rates[Math.floor(minute / intervalMinutes)] as number
    const place = (minute + 0.5) / intervalMinutes - 0.5
    const left = rates[Math.max(0, Math.floor(place))] as number
    const right = rates[Math.min(rates.length - 1, Math.max(0, Math.floor(place)) + 1)] as number
    const share = Math.min(1, Math.max(0, place - Math.max(0, Math.floor(place))))
    const smooth = left === 0 || right === 0 ? own : left * (1 - share) + right * share
    noise = NOISE_MEMORY * noise + Math.sqrt(1 - NOISE_MEMORY ** 2) * normal(random)
    return smooth * Math.max(0, 1 + MINUTE_NOISE * noise)
  })
}

/**
 * Requests that arrive in each 15 s of a trace, drawn at random around its demand; every policy gets the same draw.
 * @returns counts
 */
export const arrivalsOf = (trace: Trace, seed = 12_345): Float64Array => {
  const random = seededRandom(seed)
  const minutes = minutesOf(trace, random)
  return Float64Array.from({ length: minutes.length * STEPS_PER_MINUTE }, (_, step) =>
    poisson((minutes[Math.floor(step / STEPS_PER_MINUTE)] as number) * TRACE_STEP_SECONDS, random),
  )
}
