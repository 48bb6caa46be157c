import { type FleetNode, nodeState, presentNodes } from '../../infra/domain/fleet-node.ts'
import type { Clock } from '../../infra/ports/clock.ts'
import type { DriftStore } from '../../infra/ports/drift-store.ts'
import type { NodeStore } from '../../infra/ports/node-store.ts'
import type { OverrideStore } from '../../infra/ports/override-store.ts'
import type { DeadLetterDesk } from '../dead-letter-desk.ts'
import type { PoolBounds } from '../drain-cautions.ts'
import { MOST_NODES } from '../drains.ts'
import type { ReadPools } from '../pool-status.ts'
import { toDecisionResource } from '../routes/decision-resource.ts'
import { createToNodeResource } from '../routes/node-resource.ts'
import { toOverrideResource } from '../routes/override-resource.ts'
import { type ConfiguredPool, toPoolFacts } from '../routes/pools.ts'
import type { LiveFact, LiveSource } from './live-feed.ts'

/** Of overrides, those said lately are looked through for one that waits for a second person. */
const LATELY = 100
/** Nodes tell every ten seconds how they are, a look at the broker costs a channel, and drift is judged by the hour. */
const NODES_MS = 5_000
const DEAD_LETTERS_MS = 5_000
const DRIFT_MS = 30_000

/** Each tells every ten seconds how it is, to every page that is open. */
const MOST_TOLD = 100

/** What is shown of a signal that has moved too far; the rest is a request away. */
export interface DriftAlarm {
  readonly task: string
  readonly signal: string
  readonly level: 'alarm'
  readonly psi: number | null
  readonly why: string
}

/** Where it is read from. */
export interface LiveDeps {
  readonly readPools: ReadPools
  readonly overrideStore: Pick<OverrideStore, 'active' | 'list'>
  readonly nodes: Pick<NodeStore, 'list'>
  readonly drift: Pick<DriftStore, 'latest'>
  readonly deadLetterDesk: Pick<DeadLetterDesk, 'count'>
  readonly clock: Pick<Clock, 'now'>
}

const poolFacts = async ({ readPools, clock }: LiveDeps, pools: readonly ConfiguredPool[]) => {
  const now = clock.now()
  const found = await readPools(
    pools.map(({ name }) => name),
    now,
  )
  const shown = pools.flatMap((pool, index) => {
    const status = found[index]
    return status ? [{ ...toPoolFacts(status, pool.bounds, now), mode: pool.mode }] : []
  })
  const decisions = found.flatMap(({ pool, last }): readonly LiveFact[] =>
    last ? [{ key: `decision ${pool}`, event: 'decision', data: { decision: toDecisionResource(last) } }] : [],
  )
  return [{ key: 'pools', event: 'pools', data: { pools: shown } }, ...decisions]
}

const overrideFacts = async ({ overrideStore, clock }: LiveDeps) => {
  const now = clock.now()
  const [active, lately] = await Promise.all([overrideStore.active(), overrideStore.list({ limit: LATELY })])
  const waiting = lately
    .map((one) => toOverrideResource(one, now))
    .filter(({ id, state }) => state === 'pending' && !active.some((other) => other.id === id))
  const overrides = [...active.map((one) => toOverrideResource(one, now)), ...waiting]
  return [{ key: 'overrides', event: 'overrides', data: { overrides } }]
}

/** Of a large fleet those that need somebody come first; the others are a request away. */
const nodeFacts = async ({ nodes }: LiveDeps, bounds: PoolBounds) => {
  const fleet = await nodes.list(MOST_NODES)
  const present = presentNodes(fleet)
  const isWell = (node: FleetNode): number => (nodeState(node, fleet.at) === 'ready' ? 1 : 0)
  const shown = present.length <= MOST_TOLD ? present : present.toSorted((a, b) => isWell(a) - isWell(b))
  const data = {
    nodes: shown.slice(0, MOST_TOLD).map(createToNodeResource(fleet, bounds)),
    more: Math.max(0, present.length - MOST_TOLD),
  }
  return [{ key: 'nodes', event: 'nodes', data }]
}

const driftFacts = async ({ drift }: LiveDeps) => {
  const found = await drift.latest()
  const alarms = (found?.signals ?? []).flatMap(({ task, signal, level, psi, why }): readonly DriftAlarm[] =>
    level === 'alarm' ? [{ task, signal, level, psi, why }] : [],
  )
  return [{ key: 'drift', event: 'drift', data: { alarms } }]
}

const boundsOf = (pools: readonly ConfiguredPool[]): PoolBounds =>
  new Map(pools.map(({ name, bounds }) => [name, bounds]))

/** What a stream tells of, as the routes of the same things do. */
export const createLiveSources = (deps: LiveDeps, pools: readonly ConfiguredPool[]): readonly LiveSource[] => [
  { name: 'pools', everyMs: 0, required: true, read: () => poolFacts(deps, pools) },
  { name: 'overrides', everyMs: 0, required: true, read: () => overrideFacts(deps) },
  { name: 'nodes', everyMs: NODES_MS, required: false, read: () => nodeFacts(deps, boundsOf(pools)) },
  {
    name: 'dead-letters',
    everyMs: DEAD_LETTERS_MS,
    required: false,
    read: async () => [
      { key: 'dead-letters', event: 'dead-letters', data: { count: await deps.deadLetterDesk.count() } },
    ],
  },
  { name: 'drift', everyMs: DRIFT_MS, required: false, read: () => driftFacts(deps) },
]
