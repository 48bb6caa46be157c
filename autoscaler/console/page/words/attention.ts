import type { DriftAlarm } from '../state/fleet.ts'
import type { Node, Override, Pool } from '../state/resources.ts'
import { hashOf } from '../state/route.ts'
import { ago } from './instants.ts'
import { plural } from './numbers.ts'

/** Something a person should know of, the worst first. */
export interface Attention {
  readonly level: 'bad' | 'watch'
  readonly text: string
  /** where there is more about it */
  readonly href: string
}

/** What it is made of. undefined = not known */
export interface AttentionFacts {
  readonly pools: readonly Pool[] | undefined
  readonly overrides: readonly Override[] | undefined
  readonly nodes: readonly Node[] | undefined
  readonly deadLetterCount: number | undefined
  readonly driftAlarms: readonly DriftAlarm[] | undefined
  /** what the autoscaler could not read, by name */
  readonly unread: readonly string[] | undefined
}

/** Something that is so of a pool: `what` is the same of every pool of which the same is so. */
interface OfPool {
  readonly level: Attention['level']
  readonly pool: string
  readonly what: string
  readonly more?: string
}

const ofPool = (pool: Pool, now: number): readonly OfPool[] => {
  const { name, lookedAt, stale, doubts } = pool
  const since = lookedAt === null ? 'it was never looked at' : `the last look was ${ago(Date.parse(lookedAt), now)}`
  const zones = (pool.zones ?? []).filter(({ condition }) => condition === 'short' || condition === 'lost')
  return [
    ...(stale ? [{ level: 'bad', pool: name, what: 'nobody decides at the moment', more: since } as const] : []),
    ...zones.map(
      ({ zone, condition }) => ({ level: 'bad', pool: name, what: `zone ${zone} is ${condition}` }) as const,
    ),
    ...(stale ? [] : doubts).map((what) => ({ level: 'watch', pool: name, what }) as const),
  ]
}

/** What is so of many pools has one reason: it is said once, and leaves room for the rest. */
const MANY_POOLS = 4

const ofPools = (pools: readonly Pool[], now: number): readonly Attention[] => {
  const alike = Map.groupBy(
    pools.flatMap((pool) => ofPool(pool, now)),
    ({ what }) => what,
  )
  return [...alike].flatMap(([what, some]): readonly Attention[] => {
    const [{ level } = { level: 'watch' as const }] = some
    if (some.length >= MANY_POOLS)
      return [
        { level, text: `${some.length} of ${plural(pools.length, 'pool')}: ${what}`, href: hashOf({ view: 'fleet' }) },
      ]
    return some.map(({ pool, more }) => ({
      ...{ level, text: `${pool}: ${what}${more === undefined ? '' : `; ${more}`}` },
      href: hashOf({ view: 'pool', pool }),
    }))
  })
}

/** A zone that is lost has hundreds. */
const MOST_NAMES = 8

const ofNodes = (nodes: readonly Node[]): readonly Attention[] => {
  const href = hashOf({ view: 'nodes' })
  const silent = nodes.filter(({ state }) => state === 'silent')
  const broken = nodes.filter(({ devices }) => devices.some(({ quarantined }) => quarantined))
  const names = (some: readonly Node[]) => {
    const more = some.length - MOST_NAMES
    const first = some.slice(0, MOST_NAMES).map(({ name }) => name)
    return [...first, ...(more > 0 ? [`${more} more`] : [])].join(', ')
  }
  const versions = [...new Set(nodes.map(({ version }) => version))]
  return [
    ...(silent.length > 0
      ? [{ level: 'bad', text: `${plural(silent.length, 'node')} fell silent: ${names(silent)}`, href } as const]
      : []),
    ...(broken.length > 0
      ? [{ level: 'bad', text: `A device is in quarantine on ${names(broken)}`, href } as const]
      : []),
    ...(versions.length > 1
      ? [
          {
            level: 'watch',
            text: `${versions.length} versions run side by side: ${versions.join(', ')}`,
            href,
          } as const,
        ]
      : []),
  ]
}

/** Was everything told that could need a person? Before that nobody can say that nothing does. */
export const isAllTold = ({ pools, overrides, nodes, deadLetterCount, driftAlarms }: AttentionFacts): boolean =>
  [pools, overrides, nodes, deadLetterCount, driftAlarms].every((one) => one !== undefined)

/** What needs a person now. Empty = nothing does. @param now epoch ms */
export const attentionOf = (facts: AttentionFacts, now: number): readonly Attention[] => {
  const { pools = [], overrides = [], nodes = [], deadLetterCount = 0, driftAlarms = [], unread = [] } = facts
  const pending = overrides.filter(({ state }) => state === 'pending')
  const found: readonly Attention[] = [
    ...ofPools(pools, now),
    ...ofNodes(nodes),
    ...(unread.length > 0
      ? [{ level: 'bad', text: `The autoscaler cannot read: ${unread.join(', ')}`, href: '#/' } as const]
      : []),
    ...(deadLetterCount > 0
      ? [
          {
            level: 'bad',
            text: `${plural(deadLetterCount, 'dead letter')} to look at`,
            href: hashOf({ view: 'dead-letters' }),
          } as const,
        ]
      : []),
    ...pending.map(
      ({ pool, kind, count, actor }) =>
        ({
          level: 'watch',
          text: `${pool}: ${kind}${count === null ? '' : ` ${count}`} by ${actor} waits for a second person`,
          href: hashOf({ view: 'pool', pool }),
        }) as const,
    ),
    ...driftAlarms.map(
      ({ task, signal, level }) =>
        ({
          level: level === 'alarm' ? 'bad' : 'watch',
          text: `${task}: ${signal} is not what it was`,
          href: hashOf({ view: 'drift' }),
        }) as const,
    ),
  ]
  return [...found.filter(({ level }) => level === 'bad'), ...found.filter(({ level }) => level !== 'bad')]
}
