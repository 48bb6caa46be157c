import type { KeptDecision } from '../../infra/domain/scaling.ts'
import type { NodeHour } from '../../infra/ports/node-hour-store.ts'

/** A look at a pool, as far as node time is concerned. */
export type NodeLook = Pick<KeptDecision, 'at' | 'zones'> & {
  readonly measurement: Pick<KeptDecision['measurement'], 'placed' | 'running' | 'readyWorkers'>
}

export const HOUR_MS = 3_600_000
/** What a look saw holds until the next one, but no longer than this: old looks are kept one in ten minutes. */
export const HOLDS_MS = 15 * 60_000

/** The hour an instant is in. @param at epoch ms */
export const hourOf = (at: number): number => at - (at % HOUR_MS)

/** From a look until the next, within the hour. */
interface Span {
  readonly ms: number
  readonly look: NodeLook
}

/** Looks that could not see the nodes tell nothing of the time after them. */
const spansOf = (hour: number, end: number, looks: readonly NodeLook[]): readonly Span[] =>
  looks.flatMap((look, index) => {
    if (look.measurement.placed === undefined) return []
    const next = looks[index + 1]?.at ?? Number.POSITIVE_INFINITY
    const until = Math.min(next, look.at + HOLDS_MS, end)
    const ms = until - Math.max(look.at, hour)
    return ms > 0 ? [{ ms, look }] : []
  })

const placedIn = ({ measurement, zones }: NodeLook): ReadonlyMap<string, number> =>
  new Map(
    zones && zones.shares.length > 0
      ? zones.shares.map(({ zone, placed }) => [zone, placed])
      : [['', measurement.placed?.value ?? 0]],
  )

/** The middle one by time: while nodes come and go there are too many or too few for a moment. */
const workersPerNode = (spans: readonly Span[]): number | null => {
  const ratios = spans
    .flatMap(({ ms, look: { measurement } }) => {
      const [ready, running] = [measurement.readyWorkers?.value ?? 0, measurement.running?.value ?? 0]
      return ready > 0 && running > 0 ? [{ ms, ratio: Math.max(1, Math.round(ready / running)) }] : []
    })
    .toSorted((a, b) => a.ratio - b.ratio)
  const half = ratios.reduce((sum, { ms }) => sum + ms, 0) / 2
  let passed = 0
  for (const { ms, ratio } of ratios) {
    passed += ms
    if (passed >= half) return ratio
  }
  return null
}

/**
 * Node time of one hour of a pool, a row for each zone. What was not looked at is not made up: it is missing in
 * `observedMs`. Pure.
 * @param looks of the hour and of the quarter before it, oldest first
 * @param now epoch ms; of an hour that is not over only what has passed counts
 */
export const nodeHours = (
  pool: string,
  hour: number,
  looks: readonly NodeLook[],
  now = Number.POSITIVE_INFINITY,
): readonly NodeHour[] => {
  const spans = spansOf(hour, Math.min(hour + HOUR_MS, now), looks)
  const byZone = new Map<string, number>()
  for (const { ms, look } of spans)
    for (const [zone, placed] of placedIn(look)) byZone.set(zone, (byZone.get(zone) ?? 0) + placed * ms)
  const facts = {
    ...{ hour, pool, observedMs: spans.reduce((sum, { ms }) => sum + ms, 0) },
    poolPeakCount: Math.max(0, ...spans.map(({ look }) => look.measurement.placed?.value ?? 0)),
    workersPerNode: workersPerNode(spans),
  }
  if (byZone.size === 0) byZone.set('', 0)
  return [...byZone].map(([zone, nodeMs]) => ({ ...facts, zone, nodeMs }))
}
