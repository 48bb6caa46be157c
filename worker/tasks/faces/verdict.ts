import type { LivenessResult } from '../../../infra/domain/results.ts'
import type { Signal } from './live-signal.ts'

/** A signal and how far its model can be trusted against a real attack. */
export interface WeighedSignal extends Signal {
  readonly assurance: LivenessResult['assurance']
}

/** Where the threshold of every centred signal lies, and so that of their mean. */
const THRESHOLD = 0.5

/**
 * Turn signals into a decision. Only the most trusted kind of signal decides, so that a strong model which an operator
 * puts in is not diluted by the weak ones beside it; those are still told. The score is their mean.
 * `pass` needs the operator's consent and every deciding signal over its own threshold: where they disagree a person looks.
 * @param signals at least one
 * @param allowPass whether the operator relies on the answer; otherwise `review` is the best verdict
 * @source J. Kittler et al., "On combining classifiers", PAMI 1998: the sum rule is the least sensitive to poor estimates
 */
export const decide = (
  signals: readonly WeighedSignal[],
  allowPass: boolean,
): Pick<LivenessResult, 'live' | 'score' | 'threshold' | 'verdict' | 'assurance' | 'signals'> => {
  const assurance = signals.some((signal) => signal.assurance === 'substantial') ? 'substantial' : 'low'
  const deciding = signals.filter((signal) => signal.assurance === assurance)
  const score = deciding.reduce((sum, signal) => sum + signal.score, 0) / deciding.length
  const live = score >= THRESHOLD
  const agreed = deciding.every((signal) => signal.score >= THRESHOLD)
  return {
    live,
    score,
    threshold: THRESHOLD,
    verdict: live ? (allowPass && agreed ? 'pass' : 'review') : 'fail',
    assurance,
    signals: signals.map(({ name, score: signalScore }) => ({ name, score: signalScore })),
  }
}
