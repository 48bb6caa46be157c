import { type Cause, causesOf } from './bottleneck-cause.ts'
import { FULL_RATIO, INFERRING_RATIO, isBusy, isMissed, waitedThroughout } from './bottleneck-course.ts'
import { meanOf, overOf, withinOf } from './duration-sum.ts'
import { HOPS, type Hop } from './hop.ts'
import { OBJECTIVE_MS, type Saturation, type Sums, saturationOf } from './pool-minute.ts'
import { inferEachMsOf, type Usual, usualOfMix } from './usual.ts'

/** What is known of a pool. */
export interface BottleneckFacts {
  /** of the minutes that are judged */
  readonly sums: Sums
  /** of each of them, oldest first; left out = they are one */
  readonly minutes?: readonly Sums[]
  readonly usual: Usual
  /** jobs that no worker has yet (count); undefined = not known */
  readonly waiting: number | undefined
  /** workers that take jobs (count); undefined = not known */
  readonly readyWorkers: number | undefined
}

/** One hop's part of it (ms). */
export interface HopEvidence {
  readonly hop: Hop
  readonly meanMs: number
  readonly usualMs: number
  /** over what is usual, without what is another hop's */
  readonly overMs: number
}

/** The numbers behind a verdict. */
export interface Evidence extends Saturation {
  /** jobs that a worker took (count) */
  readonly jobs: number
  readonly waiting: number | undefined
  readonly readyWorkers: number | undefined
  readonly p95Ms: number | undefined
  /** of callers who waited, over the line of the objective, 0..1 */
  readonly overShare: number | undefined
  readonly hops: readonly HopEvidence[]
}

/** Which hop holds a pool's jobs up. */
export type Verdict = { readonly evidence: Evidence } & (
  | { readonly kind: 'within' | 'unknown' }
  | {
      readonly kind: 'bottleneck'
      readonly hop: Hop
      readonly cause: Cause
      /** of the time over what is usual, 0..1 */
      readonly share: number
      readonly confidence: 'high' | 'medium' | 'low'
      /** more than one in twenty callers waits longer than the objective allows, and still does, or nobody is served */
      readonly missed: boolean
      /** what jobs wait for a worker because of it, over what is usual (ms); 0 = they do not */
      readonly queuedMs: number
    }
)

/** Less than a twentieth of the objective is noise. */
const MATERIAL_MS = OBJECTIVE_MS / 20
/** To wait a little for a worker is what a pool under load does. */
const QUEUED_MS = OBJECTIVE_MS / 6
/** Noise, too, is what is little beside what a hop takes anyway. */
const MATERIAL_RATIO = 0.3
/** Fewer jobs say nothing. */
const LEAST_JOBS = 10
/** Workers that have room wait for messages too: what is slow on their way, by at least so much of the wait, is why. */
const ON_THE_WAY_RATIO = 0.25

/** The hops of a job in a worker's hand: while they take long, others wait for the worker. */
const IN_HAND: ReadonlySet<Hop> = new Set(['claim', 'fetch', 'decode', 'batch-wait', 'infer', 'write'])

type Times = Readonly<Record<Hop, number>>

const timesOf = (of: (hop: Hop) => number): Times => Object.fromEntries(HOPS.map((hop) => [hop, of(hop)])) as Times

const isMaterial = (overMs: number, usualMs: number): boolean =>
  overMs >= MATERIAL_MS && overMs >= MATERIAL_RATIO * usualMs

/** A batch takes longer when more jobs are in it: the model is slower only where each of them takes longer. */
const inferOverMs = (sums: Sums, { hops, inferEachMs }: Usual, meanMs: number): number => {
  const [each, size] = [inferEachMsOf(sums), sums.batch && meanOf(sums.batch)]
  const overMs = meanMs - hops.infer
  if (each === undefined || size === undefined || inferEachMs === undefined) return overMs
  return Math.min(overMs, (each - inferEachMs) * size)
}

/** What each hop takes over what is usual, each without what is another's. */
const oversOf = (means: Times, { sums, usual }: BottleneckFacts, saturation: Saturation): Times => {
  const plain = timesOf((hop) => Math.max(0, means[hop] - usual.hops[hop]))
  const infer = Math.max(0, inferOverMs(sums, usual, means.infer))
  // A job waits from its insert: what the message and the claim take is part of that.
  const queue = Math.max(0, plain.queue - plain.publish - plain.claim)
  const gathers = plain['batch-wait']
  const behindModel = (saturation.inferring ?? 0) >= INFERRING_RATIO
  // While the threads are in the model, jobs gather because they must: for a slow model, or for more workers.
  if (!behindModel) return { ...plain, infer, queue }
  if (isMaterial(infer, usual.hops.infer)) return { ...plain, 'batch-wait': 0, infer: infer + gathers, queue }
  return { ...plain, 'batch-wait': 0, infer, queue: queue + gathers }
}

interface Suspect {
  readonly cause: Cause
  readonly hop: Hop
  readonly overMs: number
  readonly usualMs: number
  /** of `overMs`, of jobs in a worker's hand */
  readonly inHandMs: number
}

const suspectsOf = (overs: Times, usual: Times): readonly Suspect[] => {
  const byCause = new Map<Cause, Suspect>()
  const causeOf = causesOf((hop) => isMaterial(overs[hop], usual[hop]))
  for (const hop of HOPS) {
    if (hop === 'queue') continue
    const [cause, overMs] = [causeOf(hop), overs[hop]]
    const before = byCause.get(cause)
    byCause.set(cause, {
      cause,
      hop: before && overs[before.hop] >= overMs ? before.hop : hop,
      overMs: overMs + (before?.overMs ?? 0),
      usualMs: usual[hop] + (before?.usualMs ?? 0),
      inHandMs: (IN_HAND.has(hop) ? overMs : 0) + (before?.inHandMs ?? 0),
    })
  }
  return [...byCause.values()].filter(({ overMs, usualMs }) => isMaterial(overMs, usualMs))
}

const largest = <T>(all: readonly T[], of: (one: T) => number): T | undefined =>
  all.reduce<T | undefined>((most, one) => (most === undefined || of(one) > of(most) ? one : most), undefined)

const evidenceOf = (facts: BottleneckFacts, means: Times, overs: Times, saturation: Saturation): Evidence => {
  const { sums, usual, waiting, readyWorkers } = facts
  const wait = sums.wait ?? { count: 0, total: 0, most: 0 }
  return {
    ...{ ...saturation, waiting, readyWorkers },
    jobs: sums['hop/claim']?.count ?? 0,
    ...{ p95Ms: withinOf(wait, 0.95), overShare: overOf(wait, OBJECTIVE_MS) },
    hops: HOPS.filter((hop) => sums[`hop/${hop}`]).map((hop) => {
      return { hop, meanMs: means[hop], usualMs: usual.hops[hop], overMs: overs[hop] }
    }),
  }
}

/** Jobs wait and no worker took one: there is none, or they do not get any. Workers that tell nothing are no proof of it. */
const standing = ({ waiting = 0, readyWorkers }: BottleneckFacts, evidence: Evidence): Cause | undefined => {
  if (evidence.jobs > 0 || waiting === 0) return undefined
  if (readyWorkers === 0) return 'no-workers'
  return evidence.full !== undefined && evidence.full < FULL_RATIO ? 'idle-workers' : undefined
}

/** Whose fault the time is that jobs wait for a worker; undefined = they do not. */
const queueSuspect = (
  queueMs: number,
  { sums, minutes = [sums], usual, readyWorkers }: BottleneckFacts,
  suspects: readonly Suspect[],
  saturation: Saturation,
): Suspect | undefined => {
  if (queueMs < QUEUED_MS || !isMaterial(queueMs, usual.hops.queue)) return undefined
  const of = (cause: Cause) =>
    ({ cause, hop: 'queue', overMs: queueMs, usualMs: usual.hops.queue, inHandMs: 0 }) as const
  if (readyWorkers === 0) return of('no-workers')
  if (!isBusy(sums, saturation)) {
    const onTheWay = suspects.filter(({ cause, hop }) => cause === 'slow-database' || hop === 'publish')
    const slow = largest(onTheWay, ({ overMs }) => overMs)
    if (slow && slow.overMs >= ON_THE_WAY_RATIO * queueMs) return { ...slow, overMs: slow.overMs + queueMs }
    if (waitedThroughout(minutes, QUEUED_MS)) return of('idle-workers')
  }
  const slow = largest(suspects, ({ inHandMs }) => inHandMs)
  return slow && isMaterial(slow.inHandMs, 0) ? { ...slow, overMs: slow.overMs + queueMs } : of('few-workers')
}

const confidenceOf = (share: number, jobs: number): 'high' | 'medium' | 'low' => {
  if (share >= 0.6 && jobs >= 5 * LEAST_JOBS) return 'high'
  return share >= 0.4 && jobs >= 2 * LEAST_JOBS ? 'medium' : 'low'
}

/**
 * Which hop holds jobs up, by the time they spend over what is usual. That jobs wait for a worker is credited to what keeps the
 * workers: where a hop of theirs is slow, more workers would only wait beside them. Pure: same facts, same verdict.
 */
export const bottleneckOf = (given: BottleneckFacts): Verdict => {
  const { sums, minutes = [sums] } = given
  const usual = usualOfMix(given.usual, sums)
  const facts = { ...given, usual }
  const saturation = saturationOf(sums)
  const means = timesOf((hop) => meanOf(sums[`hop/${hop}`] ?? { count: 0, total: 0, most: 0 }) ?? 0)
  const overs = oversOf(means, facts, saturation)
  const evidence = evidenceOf(facts, means, overs, saturation)
  const none = standing(facts, evidence)
  if (none) {
    const confidence = (facts.waiting ?? 0) >= LEAST_JOBS ? 'medium' : 'low'
    return { kind: 'bottleneck', hop: 'queue', cause: none, share: 1, confidence, missed: true, queuedMs: 0, evidence }
  }
  if (evidence.jobs < LEAST_JOBS) return { kind: 'unknown', evidence }
  const suspects = suspectsOf(overs, usual.hops)
  const queued = queueSuspect(overs.queue, facts, suspects, saturation)
  const all = queued ? [...suspects.filter(({ cause }) => cause !== queued.cause), queued] : suspects
  const worst = largest(all, ({ overMs }) => overMs)
  if (!worst) return { kind: 'within', evidence }
  const overMs = HOPS.reduce((sum, hop) => sum + overs[hop], 0)
  const share = Math.min(1, worst.overMs / overMs)
  return {
    ...{ kind: 'bottleneck', hop: worst.hop, cause: worst.cause, share, evidence },
    // Workers with room on average, where jobs waited for a moment only: they were too few then, or a deployment took them away.
    confidence: worst.cause === 'few-workers' && !isBusy(sums, saturation) ? 'low' : confidenceOf(share, evidence.jobs),
    missed: isMissed(sums, minutes),
    queuedMs: worst === queued ? overs.queue : 0,
  }
}
