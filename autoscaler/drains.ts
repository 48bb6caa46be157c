import { type Drain, type DrainEffect, drainEffects, type FleetNodes } from '../infra/domain/fleet-node.ts'
import type { AuditLog } from '../infra/ports/audit-log.ts'
import type { Clock } from '../infra/ports/clock.ts'
import type { NewDrain, NodeStore } from '../infra/ports/node-store.ts'
import type { Notifier } from '../infra/ports/notifier.ts'
import { drainCautionsIn, type PoolBounds } from './drain-cautions.ts'
import { ForceNeededError, NodeNotFoundError } from './drain-errors.ts'
import { drainInWords, sentenceOf } from './node-words.ts'
import { needsSecond } from './override.ts'
import { SecondPersonNeededError } from './override-errors.ts'
import type { Said } from './overrides.ts'

/** What came of a wish, for programs and in words. */
export interface DrainOutcome {
  readonly node: string
  /** the wish that holds now; undefined = none does */
  readonly drain: Drain | undefined
  /** what it ended */
  readonly released: Drain | undefined
  readonly effects: readonly DrainEffect[]
  readonly lines: readonly string[]
}

export interface DrainsDeps {
  readonly store: Pick<NodeStore, 'list' | 'drain' | 'release' | 'takeExpired'>
  readonly audit: AuditLog
  readonly notifier: Notifier
  readonly clock: Pick<Clock, 'now'>
  readonly pools: PoolBounds
}

/** A wish as somebody says it. */
export interface DrainWish {
  readonly reason: string
  /** then the node works again by itself; `DEFAULT_DRAIN_MS` unless told */
  readonly durationMs?: number | undefined
  /** it is meant, whatever speaks against it */
  readonly force?: boolean | undefined
}

/**
 * What people wish of machines. Whatever changes anything is in the audit trail before it takes effect.
 * @throws NodeNotFoundError, ForceNeededError, SecondPersonNeededError; UnavailableError: then nothing has changed
 */
export interface Drains {
  drain(node: string, wish: DrainWish, by: Said): Promise<DrainOutcome>
  release(node: string, reason: string, by: Said): Promise<DrainOutcome>
  /** Tell people of what ran out. Each is told once, whichever process asks. */
  announceExpired(): Promise<void>
}

const HOUR_MS = 3_600_000
/** A shift: a drain that is forgotten must not keep a machine idle, and paid for, for ever. */
export const DEFAULT_DRAIN_MS = 8 * HOUR_MS
/** A machine that is away for longer is taken out of the fleet. */
export const MAX_DRAIN_MS = 30 * 24 * HOUR_MS
/** More than any fleet has. */
export const MOST_NODES = 2_000

const AGAIN = 'its workers start again within some ten seconds'

/** Nobody has to be woken to confirm a short one: a wish that holds is the first person's word for a long one. */
const TWO_PEOPLE =
  'over 24 hours takes two people: drain it for 24 hours at most; while that holds, somebody else may say the longer time'

/**
 * May it be wished so? To shorten what holds is always allowed.
 * @returns what speaks against it and was forced
 * @throws SecondPersonNeededError, ForceNeededError
 */
const weigh = (
  fleet: FleetNodes,
  held: Drain | undefined,
  { node, actor, durationMs, force, pools }: NewDrain & { readonly force: boolean; readonly pools: PoolBounds },
): readonly string[] => {
  if (held && fleet.at + durationMs <= held.until) return []
  if (needsSecond(durationMs) && (held === undefined || held.actor === actor))
    throw new SecondPersonNeededError(TWO_PEOPLE)
  const cautions = drainCautionsIn(fleet, pools)(node)
  if (cautions.length > 0 && !force) throw new ForceNeededError(cautions)
  return cautions
}

/** Builds the use case. */
export const createDrains = ({ store, audit, notifier, clock, pools }: DrainsDeps): Drains => {
  const look = async (node: string): Promise<FleetNodes> => {
    const fleet = await store.list(MOST_NODES)
    const known = fleet.nodes.some(({ name }) => name === node) || fleet.drains.some((one) => one.node === node)
    if (!known) throw new NodeNotFoundError()
    return fleet
  }

  /** One message from its beginning to its end. */
  const tell = (fleet: FleetNodes | undefined, node: string, lines: readonly string[]): void => {
    const pools = fleet ? drainEffects(fleet, node).map(({ pool }) => pool) : []
    const pool = pools.length === 0 ? 'nodes' : pools.join(' ')
    notifier.tell({ kind: 'override', pool, at: clock.now(), lines, key: `drain:${node}`, actions: [] })
  }

  /**
   * One after the other: two who look in the same moment would each count on the machine that the other takes away. What is
   * said to two processes within the same milliseconds is not held apart.
   */
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work)
    last = done.catch(() => {})
    return done
  }

  const drainOne: Drains['drain'] = async (node, { reason, durationMs = DEFAULT_DRAIN_MS, force = false }, by) => {
    const fleet = await look(node)
    const held = fleet.drains.find((one) => one.node === node)
    const wish = { node, reason, actor: by.actor, durationMs }
    const forced = weigh(fleet, held, { ...wish, force, pools })
    const before = held ? { by: held.actor, until: new Date(held.until).toISOString() } : null
    const details = { reason, durationMs, before, ...(forced.length > 0 && { forced: [...forced] }) }
    await audit.record({ ...by, action: 'node_drained', tenant: null, target: `node:${node}`, details })
    const drain = await store.drain(wish)
    const effects = drainEffects(fleet, node)
    const again = forced.length > 0 ? [`forced: ${forced.join('; ')}`] : []
    const lines = [`${node}: drained ${sentenceOf(drain)}`, ...drainInWords(node, effects), ...again]
    tell(fleet, node, lines)
    return { node, drain, released: undefined, effects, lines }
  }

  return {
    drain: (node, wish, by) => inTurn(() => drainOne(node, wish, by)),
    async release(node, reason, by) {
      const fleet = await look(node)
      await audit.record({ ...by, action: 'node_released', tenant: null, target: `node:${node}`, details: { reason } })
      const released = await store.release(node)
      const lines = released
        ? [`${node}: released by ${by.actor}: ${reason}`, AGAIN]
        : [`${node}: there was nothing to release`]
      if (released) tell(fleet, node, lines)
      return { node, drain: undefined, released, effects: [], lines }
    },
    async announceExpired() {
      for (const { node, actor } of await store.takeExpired())
        tell(undefined, node, [`${node}: the drain by ${actor} ran out`, AGAIN])
    },
  }
}
