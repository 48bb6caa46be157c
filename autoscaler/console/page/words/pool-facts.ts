import { PROMISED_MS, shareOf } from '../charts/answer-charts.ts'
import { isTold } from '../charts/picture.ts'
import { FRESH_MS } from '../charts/time-table.ts'
import type { Level } from '../dom/icon.ts'
import type { Look, Minutes, Node } from '../state/resources.ts'
import { span } from './instants.ts'
import { amount, count, duration, percent, plural, rate, UNKNOWN } from './numbers.ts'

/** One thing to know of a pool at a glance. */
export interface Fact {
  readonly name: string
  readonly value: string
  /** beside it, smaller */
  readonly note: string
  readonly level: Level
}

const MINUTE_MS = 60_000
const SERVED = ['succeeded', 'caller-fault', 'accepted', 'waiting']
const ERRORS = ['service-fault', 'expired', 'error']
/** 99 % of answers are good ones. */
const MOST_ERRORS = 0.01

/** The last minutes that are over, newest last. */
const lastMinutes = ({ minutes, step }: Minutes, now: number) =>
  minutes.filter(({ at }) => {
    const [begin, stepMs] = [Date.parse(at), step * MINUTE_MS]
    return isTold(begin, stepMs, now) && now - begin - stepMs < FRESH_MS
  })

const rateFact = (look: Look | undefined, told: Minutes | undefined, now: number): Fact => {
  const last = told && lastMinutes(told, now).at(-1)
  const served = last && told && SERVED.reduce((sum, kind) => sum + (last.answered[kind] ?? 0), 0) / (told.step * 60)
  return {
    ...{ name: 'Offered', value: rate(look?.rate), level: 'note' },
    note: served === undefined ? '' : `${rate(served)} served`,
  }
}

const waitFact = (told: Minutes | undefined, now: number): Fact => {
  const last = told && lastMinutes(told, now).findLast(({ wait }) => wait.p95Ms !== null)
  const p95 = last?.wait.p95Ms
  if (p95 === undefined || p95 === null) return { name: 'p95 to answer', value: UNKNOWN, note: '', level: 'unknown' }
  const isWell = p95 <= PROMISED_MS
  return {
    ...{ name: 'p95 to answer', value: duration(p95), level: isWell ? 'well' : 'bad' },
    note: isWell ? 'within 3 s' : 'over 3 s',
  }
}

const queueFact = (look: Look | undefined): Fact => {
  const [age, waiting] = [look?.ageSeconds ?? null, look?.waiting ?? null]
  const isOld = age !== null && age * 1_000 > PROMISED_MS
  return {
    ...{ name: 'Waiting', value: count(waiting) },
    note: age === null ? '' : `oldest ${span(age * 1_000)}`,
    level: isOld ? 'bad' : waiting === null ? 'unknown' : 'well',
  }
}

const failureFact = (told: Minutes | undefined, now: number): Fact => {
  const last = told && lastMinutes(told, now).at(-1)
  const [errors, refused] = last ? [shareOf(last, ERRORS), shareOf(last, ['refused'])] : [null, null]
  if (errors === null || refused === null) return { name: 'Not served', value: UNKNOWN, note: '', level: 'unknown' }
  return {
    ...{ name: 'Not served', value: percent(errors + refused) },
    note: errors + refused === 0 ? '' : `${percent(errors)} errors, ${percent(refused)} refused`,
    level: errors > MOST_ERRORS ? 'bad' : errors + refused > 0 ? 'watch' : 'well',
  }
}

const busyFact = (told: Minutes | undefined, now: number): Fact => {
  const last = told && lastMinutes(told, now).findLast(({ busyRatio }) => busyRatio !== null)
  const batch = last?.batchSize
  return {
    ...{ name: 'Workers busy', value: percent(last?.busyRatio), level: last ? 'note' : 'unknown' },
    note: batch ? `batches of ${amount(batch.mean)}` : '',
  }
}

/** How busy the GPUs are on which its workers run, where any of them tells. */
const gpuFacts = (nodes: readonly Node[], pool: string): readonly Fact[] => {
  // What a node said before it fell silent says nothing of now.
  const heard = nodes.filter(({ state }) => state !== 'silent')
  const uses = heard.flatMap(({ workers, devices }) => {
    const own = new Set(workers.filter((worker) => worker.pool === pool).flatMap((worker) => worker.devices))
    return devices.flatMap(({ name, utilisation }) => (own.has(name) && utilisation !== null ? [utilisation] : []))
  })
  if (uses.length === 0) return []
  const mean = uses.reduce((sum, one) => sum + one, 0) / uses.length
  return [{ name: 'GPU busy', value: percent(mean), note: `mean of ${plural(uses.length, 'GPU')}`, level: 'note' }]
}

/** How a pool is, in five numbers, and a sixth where its GPUs tell. @param now epoch ms @param nodes all that is told of */
export const factsOf = (
  looks: readonly Look[] | undefined,
  told: Minutes | undefined,
  now: number,
  of: { readonly pool: string; readonly nodes: readonly Node[] | undefined },
): readonly Fact[] => {
  const last = looks?.at(-1)
  const look = last && now - Date.parse(last.at) < FRESH_MS ? last : undefined
  return [
    ...[rateFact(look, told, now), waitFact(told, now), queueFact(look), failureFact(told, now), busyFact(told, now)],
    ...gpuFacts(of.nodes ?? [], of.pool),
  ]
}
