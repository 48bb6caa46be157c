import type { toBottleneckResource } from '../../../routes/bottleneck.ts'
import type { toDecisionResource } from '../../../routes/decision-resource.ts'
import type { toDriftResource } from '../../../routes/drift.ts'
import type { toPoint } from '../../../routes/history.ts'
import type { toMinuteResource } from '../../../routes/minutes.ts'
import type { toNodesResource } from '../../../routes/nodes.ts'
import type { toOverrideResource } from '../../../routes/override-resource.ts'
import type { toPlanResource } from '../../../routes/plan.ts'
import type { Mode, toPoolFacts } from '../../../routes/pools.ts'
import type { toRowResource } from '../../../routes/schedule.ts'
import type { triggersOf } from '../../../routes/triggers.ts'

/** Answers of the autoscaler as the page reads them. */
export type Decision = ReturnType<typeof toDecisionResource>
export type Override = ReturnType<typeof toOverrideResource>
export type Plan = ReturnType<typeof toPlanResource>
export type Pool = ReturnType<typeof toPoolFacts> & { readonly mode: Mode }
export type ScheduleRow = ReturnType<typeof toRowResource>

/** Whose key it is, and what it may do. */
export interface Session {
  readonly tenant: string
  readonly role: string
  readonly key: string
  readonly permissions: readonly string[]
  readonly version: string
  readonly pools: readonly string[]
}

/** What came of an override. */
export interface OverrideAnswer {
  readonly kind: 'holds' | 'pending' | 'released'
  readonly lines: readonly string[]
}

/** One look at a pool, as charts draw it. */
export type Look = ReturnType<typeof toPoint>

/** What a pool did in a minute, or in a few together; and many of them. */
export type Minute = ReturnType<typeof toMinuteResource>
export interface Minutes {
  /** minutes to a point */
  readonly step: number
  readonly minutes: readonly Minute[]
}

/** Whether what comes in is still what it was. */
export type Drift = ReturnType<typeof toDriftResource>

/** Which hop holds a pool up. */
export type Verdict = ReturnType<typeof toBottleneckResource>

/** A machine, and all of them. */
export type Nodes = ReturnType<typeof toNodesResource>
export type Node = Nodes['nodes'][number]

/** A custom trigger at the last look. */
export type Trigger = ReturnType<typeof triggersOf>[number]

/** How a job of any tenant fared. */
export interface FleetJob {
  readonly id: string
  readonly tenant: string
  readonly task: string
  readonly lane: string
  readonly status: string
  readonly over: boolean
  readonly attempts: number
  readonly error: { readonly code: string; readonly fault: string } | null
  readonly models: readonly { readonly name: string; readonly version: string; readonly digest: string }[]
  readonly thresholdSet: string | null
  readonly createdAt: string
  readonly startedAt: string | null
  readonly finishedAt: string | null
  readonly deadline: string
  readonly erased: boolean
  readonly hops: readonly { readonly hop: string; readonly startMs: number; readonly durationMs: number }[]
}

/** A message that was parked for a person, and all of them. */
export interface DeadLetter {
  readonly id: string
  readonly reason: string
  readonly pool: string | null
  readonly diedAt: string | null
  readonly job: { readonly id: string; readonly tenant: string; readonly task: string; readonly lane: string } | null
}
export interface DeadLetters {
  readonly count: number
  readonly deadLetters: readonly DeadLetter[]
}

/** What became of those that were to be tried again. */
export interface Redriven {
  readonly redriven: readonly { readonly id: string; readonly outcome: string; readonly line: string }[]
  readonly notThere: readonly string[]
  readonly left: number
}
