import type { StreamEvent } from './event-parser.ts'
import type { Decision, Node, Override, Pool } from './resources.ts'
import { type Value, value } from './value.ts'

/** The whole fleet as the stream tells of it. undefined = not told yet */
export interface Fleet {
  readonly pools: Value<readonly Pool[] | undefined>
  /** those that hold or wait for a second person, of all pools */
  readonly overrides: Value<readonly Override[] | undefined>
  /** of a large fleet those that need somebody first, and not all of the others */
  readonly nodes: Value<readonly Node[] | undefined>
  readonly deadLetterCount: Value<number | undefined>
  readonly driftAlarms: Value<readonly DriftAlarm[] | undefined>
  /** the newest that was told */
  readonly decision: Value<Decision | undefined>
  /** what the autoscaler itself could not read, by name */
  readonly unread: Value<readonly string[] | undefined>
  /** Take an event in. What it does not know, or cannot read, it passes over. */
  hear(event: StreamEvent): void
  forget(): void
}

/** Something whose inputs are no longer what they were. */
export interface DriftAlarm {
  readonly task: string
  readonly signal: string
  readonly level: string
}

const listOf = <T>(body: Readonly<Record<string, unknown>>, member: string): readonly T[] | undefined => {
  const found = body[member]
  return Array.isArray(found) ? (found as readonly T[]) : undefined
}

const bodyOf = (text: string): Readonly<Record<string, unknown>> => {
  try {
    const body: unknown = JSON.parse(text)
    return body !== null && typeof body === 'object' ? (body as Readonly<Record<string, unknown>>) : {}
  } catch {
    return {}
  }
}

/** Builds it, with nothing known. */
export const createFleet = (): Fleet => {
  const pools = value<readonly Pool[] | undefined>(undefined)
  const overrides = value<readonly Override[] | undefined>(undefined)
  const nodes = value<readonly Node[] | undefined>(undefined)
  const deadLetterCount = value<number | undefined>(undefined)
  const driftAlarms = value<readonly DriftAlarm[] | undefined>(undefined)
  const decision = value<Decision | undefined>(undefined)
  const unread = value<readonly string[] | undefined>(undefined)

  const hearing: Readonly<Record<string, (body: Readonly<Record<string, unknown>>) => void>> = {
    pools: (body) => pools.set(listOf<Pool>(body, 'pools') ?? pools.get()),
    overrides: (body) => overrides.set(listOf<Override>(body, 'overrides') ?? overrides.get()),
    nodes: (body) => nodes.set(listOf<Node>(body, 'nodes') ?? nodes.get()),
    drift: (body) => driftAlarms.set(listOf<DriftAlarm>(body, 'alarms') ?? driftAlarms.get()),
    'dead-letters': ({ count }) => typeof count === 'number' && deadLetterCount.set(count),
    decision: (body) => {
      const told = (body.decision ?? body) as Decision
      if (typeof told.id === 'string') decision.set(told)
    },
    ping: (body) => unread.set(listOf<string>(body, 'unknown')),
  }
  return {
    ...{ pools, overrides, nodes, deadLetterCount, driftAlarms, decision, unread },
    hear: ({ type, data }) => hearing[type]?.(bodyOf(data)),
    forget() {
      for (const one of [pools, overrides, nodes, deadLetterCount, driftAlarms, decision, unread]) one.set(undefined)
    },
  }
}
