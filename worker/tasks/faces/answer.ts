import type { FaceMatchResult, LivenessResult } from '../../../infra/domain/results.ts'
import type { TaskAnswer } from '../../executor.ts'

/** The same fields as a type of its own: an interface has no index signature, so it does not pass for JSON. */
type Plain<T> = T extends string | number | boolean | null ? T : { readonly [K in keyof T]: Plain<T[K]> }

/** An item's result, as the executor hands it on. */
export const answerOf = (result: Plain<FaceMatchResult> | Plain<LivenessResult>): TaskAnswer => ({
  kind: 'result',
  result,
})
