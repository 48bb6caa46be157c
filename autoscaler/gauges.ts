import type { Measurement } from '../infra/domain/scaling.ts'
import type { TriggerReading } from '../infra/domain/trigger.ts'
import type { ZoneShare } from '../infra/domain/zones.ts'
import type { Metrics } from '../infra/ports/metrics.ts'
import type { Alarms } from './alarms.ts'
import type { Evaluated } from './evaluate.ts'

type Kept = Extract<Evaluated, { kind: 'decided' }>['decision']

const signal = (name: 'rate' | 'asked' | 'placed' | 'running' | 'waiting' | 'inHand' | 'readyWorkers') => {
  return ({ measurement }: Kept): number | undefined => measurement[name]?.value
}

const oldest = ({ rate, waiting, inHand, unfinished, readyWorkers }: Measurement): number =>
  Math.max(0, ...[rate, waiting, inHand, unfinished, readyWorkers].map((one) => one?.ageMs ?? 0)) / 1_000

/** Of the last look at each pool. What is unknown has no value: an alert can tell it from zero. */
const OF_A_POOL: readonly (readonly [string, string, (kept: Kept) => number | undefined])[] = [
  ['desired', 'Nodes decided on', ({ to }) => to],
  ['asked', 'Nodes the fleet was asked for', signal('asked')],
  ['placed', 'Nodes that have a place', signal('placed')],
  ['running', 'Nodes that run', signal('running')],
  ['ready', 'Workers that take jobs', signal('readyWorkers')],
  ['rate', 'Checks a second that callers wanted, refused ones included', signal('rate')],
  ['waiting', 'Jobs that no worker has yet', signal('waiting')],
  ['in_hand', 'Jobs that workers have in hand', signal('inHand')],
  ['forecast', 'Checks a second expected one boot ahead', ({ forecast }) => forecast?.expected],
  ['forecast_low', 'Lower end of the interval that is planned for', ({ forecast }) => forecast?.low],
  ['forecast_high', 'Upper end of the interval that is planned for', ({ forecast }) => forecast?.high],
  ['capacity', 'Checks a second of one node', ({ measurement }) => measurement.capacityPerNode],
  ['boot_seconds', 'From asking for a node to its first finished job', ({ measurement }) => measurement.bootMs / 1_000],
  ['signal_age_seconds', 'Age of the oldest signal that could be read', ({ measurement }) => oldest(measurement)],
  ['look_timestamp_seconds', 'When the pool was last looked at', ({ at }) => at / 1_000],
  ['doubts', 'Reasons not to rely on what is measured', ({ doubts }) => doubts.length],
  ['min', 'Least nodes', ({ bounds }) => bounds.min],
  ['max', 'Most nodes', ({ bounds }) => bounds.max],
]

/** Of each zone of a pool whose fleet has some. */
const OF_A_ZONE: readonly (readonly [string, string, (share: ZoneShare) => number])[] = [
  ['asked', 'Nodes the zone is asked for', ({ after }) => after],
  ['placed', 'Nodes that have a place in the zone', ({ placed }) => placed],
  ['running', 'Nodes that run in the zone', ({ running }) => running],
  ['elsewhere', 'Nodes that other zones are asked for in place of this one', ({ elsewhere }) => elsewhere],
  ['short', 'The zone does not give the nodes it is asked for', ({ condition }) => (condition === 'well' ? 0 : 1)],
]

/** Of each custom trigger of a pool; what is unknown has no value. */
const OF_A_TRIGGER: readonly (readonly [string, string, (reading: TriggerReading) => number | undefined])[] = [
  ['value', 'What the query of a trigger said', ({ value, wanted }) => (wanted === undefined ? undefined : value)],
  ['asked', 'Nodes a trigger asks for', ({ asks }) => asks],
  ['unknown', 'The value of a trigger is not known', ({ state }) => (state === 'unknown' ? 1 : 0)],
]

/**
 * Shows the last look at each pool to whoever collects metrics.
 * @param leads does this process lead? Only the leader shows pools: what another once saw is history
 * @returns tell it of each look
 */
export const showLooks = (
  metrics: Metrics,
  {
    alarms,
    leads,
    pools,
  }: { readonly alarms: Alarms; readonly leads: () => boolean; readonly pools: readonly string[] },
): ((pool: string, evaluated: Evaluated) => void) => {
  const last = new Map<string, Kept>()
  const valuesOf = (read: (kept: Kept) => number | undefined): ReadonlyMap<string, number> => {
    const values = new Map<string, number>()
    for (const [pool, kept] of leads() ? last : []) {
      const value = read(kept)
      if (value !== undefined) values.set(pool, value)
    }
    return values
  }
  for (const [name, help, read] of OF_A_POOL)
    metrics.gauges(`muster_autoscaler_${name}`, help, 'pool', () => valuesOf(read))
  for (const [name, help, read] of OF_A_ZONE)
    metrics.gaugeTable(`muster_autoscaler_zone_${name}`, help, ['pool', 'zone'], () =>
      [...(leads() ? last : [])].flatMap(([pool, { zones }]) =>
        (zones?.shares ?? []).map((share) => [[pool, share.zone], read(share)] as const),
      ),
    )
  for (const [name, help, read] of OF_A_TRIGGER)
    metrics.gaugeTable(`muster_autoscaler_trigger_${name}`, help, ['pool', 'trigger'], () =>
      [...(leads() ? last : [])].flatMap(([pool, { triggers = [] }]) =>
        triggers.flatMap((reading) => {
          const value = read(reading)
          return value === undefined ? [] : [[[pool, reading.name], value] as const]
        }),
      ),
    )
  const alarmed = (name: Parameters<Alarms['isTold']>[0]) => () =>
    new Map(leads() ? pools.map((pool) => [pool, alarms.isTold(name, pool) ? 1 : 0]) : [])
  const blocked = 'Nodes that were asked for have not come up for longer than a boot'
  metrics.gauges('muster_autoscaler_blocked_placements', blocked, 'pool', alarmed('placements'))
  metrics.gauges('muster_autoscaler_fleet_away', 'The fleet does not answer', 'pool', alarmed('fleet'))
  metrics.gauge('muster_autoscaler_leading', 'This process leads', () => (leads() ? 1 : 0))
  return (pool, evaluated) => {
    if (evaluated.kind === 'decided') last.set(pool, evaluated.decision)
  }
}
