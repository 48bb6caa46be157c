import { setTimeout as pause } from 'node:timers/promises'
import { createJudgePool, type JudgeDeps } from '../../../autoscaler/bottlenecks.ts'
import type { Verdict } from '../../../infra/domain/bottleneck.ts'
import { verdictInWords } from '../../../infra/domain/bottleneck-words.ts'
import { sendChecks } from './callers.ts'
import { type Rig, type RigServers, startRig } from './rig.ts'
import { THROTTLES, type Throttle } from './throttles.ts'

/** What was done, and what the verdict was. */
export interface Proof {
  readonly throttled: string
  /** hops that would be right; none = no bottleneck */
  readonly expected: readonly string[]
  readonly hop: string
  readonly cause: string
  readonly share: number
  readonly confidence: string
  readonly because: string
  readonly isRight: boolean
}

const MINUTE_MS = 60_000
const MODEL_MS = 5
const PATIENCE_MS = 30_000
/** Untouched is more often too slow on such a machine than throttled is too quick. */
const MOST_TRIES = 6
/** Some callers: far from what the worker can do, and enough to tell. */
const LOAD = { count: 25, perSecond: 40 }

const until = async (what: string, isSo: () => boolean | Promise<boolean>): Promise<void> => {
  const end = performance.now() + PATIENCE_MS
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`not within ${PATIENCE_MS / 1_000} s: ${what}`)
    await pause(20)
  }
}

const judge = async ({ minutes, phases, seen }: Rig): Promise<Verdict> => {
  const { waiting, readyWorkers } = await seen()
  const signal = (value: number) => ({ value, ageMs: 0 })
  const measurement = { waiting: signal(waiting), readyWorkers: signal(readyWorkers) }
  const last = { nextAt: Number.POSITIVE_INFINITY, measurement }
  const decisions = { list: async () => [last] } as unknown as JudgeDeps['decisions']
  const spans = { windowMs: MINUTE_MS, usualMs: 10 * MINUTE_MS, stepMs: MINUTE_MS }
  const judgePool = createJudgePool({ minutes, decisions, clock: { now: () => phases.endsAt } }, spans)
  return (await judgePool(phases.pool())).verdict
}

/** Callers until all are answered and all of it is told. */
const goThrough = async ({ callee, phases }: Rig, pauseMs: number): Promise<void> => {
  const answers = await sendChecks(callee, { ...LOAD, pauseMs })
  const wrong = answers.find((status) => status !== 200)
  if (wrong !== undefined) throw new Error(`a check was answered ${wrong}`)
  const countOf = (series: 'wait' | 'hop/write') => phases.told()[series]?.count ?? 0
  await until('minutes are told', () => countOf('wait') >= LOAD.count && countOf('hop/write') >= LOAD.count)
}

/** Callers of whom none is answered for now. @returns what to wait for once they can be */
const getStuck = async ({ callee, phases, seen }: Rig): Promise<{ readonly answers: Promise<unknown> }> => {
  const answers = sendChecks(callee, LOAD)
  await until('jobs wait', async () => (await seen()).waiting >= LOAD.count)
  await until('minutes are told', () => (phases.told()['hop/insert']?.count ?? 0) >= LOAD.count)
  return { answers }
}

const proofOf = (throttled: string, expected: readonly string[], verdict: Verdict, cause?: string): Proof => {
  const { because } = verdictInWords(verdict, 'pool')
  const isNamed = verdict.kind === 'bottleneck'
  const isRight = isNamed ? expected.includes(verdict.hop) && verdict.cause === cause : expected.length === 0
  return {
    ...{ throttled, expected, because, hop: isNamed ? verdict.hop : verdict.kind, cause: isNamed ? verdict.cause : '' },
    ...{ share: isNamed ? verdict.share : 0, confidence: isNamed ? verdict.confidence : '' },
    isRight: isRight && verdict.kind !== 'unknown',
  }
}

const throttle = async (rig: Rig, one: Throttle, phase: string): Promise<Proof> => {
  const { levers, phases, wire } = rig
  if (one.worker) await rig.work(one.worker === 'none' ? undefined : one.worker)
  rig.modelTakes(one.modelMs ?? MODEL_MS)
  if (one.wireMs) wire.set({ kind: 'slow', delayMs: one.wireMs })
  one.set?.(levers)
  await phases.begin(phase)
  const stuck = one.stuck && (await getStuck(rig))
  if (!stuck) await goThrough(rig, one.pauseMs ?? 0)
  const verdict = await judge(rig)
  levers.slow = {}
  levers.release()
  rig.modelTakes(MODEL_MS)
  if (one.worker) await rig.work({})
  await stuck?.answers
  return proofOf(one.name, one.hops, verdict, one.cause)
}

const leaveAlone = async (rig: Rig, name: string, phase: string): Promise<Proof> => {
  await rig.phases.begin(phase)
  await goThrough(rig, 0)
  return proofOf(name, [], await judge(rig))
}

/** A machine that is busy with something else in that second is slow by itself: then it is tried again. */
const tried = async (name: string, attempt: (phase: string) => Promise<Proof>): Promise<Proof> => {
  let proof = await attempt(name)
  for (let tries = 1; tries < MOST_TRIES && !proof.isRight; tries += 1) proof = await attempt(`${name} ${tries}`)
  return proof
}

/**
 * Throttle every hop of a real system in turn, and judge it each time. In between, untouched and under the same load, no hop may be
 * named.
 * @param say told of each verdict as it comes
 */
export const proveBottlenecks = async (
  servers: RigServers,
  say: (proof: Proof) => void = () => {},
): Promise<readonly Proof[]> => {
  const rig = await startRig(servers)
  const proofs: Proof[] = []
  const add = (proof: Proof): void => {
    proofs.push(proof)
    say(proof)
  }
  try {
    rig.modelTakes(MODEL_MS)
    await rig.work({})
    // What is compiled and connected for the first time is no measure.
    await rig.phases.begin('warm-up')
    await goThrough(rig, 0)
    await rig.phases.begin('usual')
    await goThrough(rig, 0)
    rig.phases.becomesUsual()
    const left = (name: string) => tried(name, (phase) => leaveAlone(rig, name, phase))
    add(await left('nothing'))
    for (const one of THROTTLES) {
      if (one.wireMs) add(await left('nothing, after all that'))
      add(await tried(one.name, (phase) => throttle(rig, one, phase)))
    }
    return proofs
  } finally {
    await rig.stop()
  }
}
