import type { JobError } from '../../../infra/domain/job.ts'
import { outcome } from '../../../infra/domain/outcomes.ts'
import type { Face } from '../../../infra/domain/results.ts'
import { areaOf, type Finding, type FoundFace } from './find-faces.ts'

/** What a task asks of the face it works on. */
export interface Rules {
  /** largest tolerated area of a second face, as a share of the largest face's */
  readonly maxOtherFaceRatio: number
  readonly minEyeDistancePx: number
  /** 0..1 */
  readonly minSharpness: number
}

/** The face to work on, or why there is none. */
export type Choice =
  | { readonly kind: 'face'; readonly chosen: FoundFace /** the chosen one first */; readonly faces: readonly Face[] }
  | { readonly kind: 'refused'; readonly error: JobError }

const flawOf = ({ face: { quality } }: FoundFace, rules: Rules): 'FACE_TOO_SMALL' | 'FACE_BLURRED' | undefined => {
  if (quality.eyeDistancePx < rules.minEyeDistancePx) return 'FACE_TOO_SMALL'
  return quality.sharpness < rules.minSharpness ? 'FACE_BLURRED' : undefined
}

/**
 * The largest face, if it is the only one that could be meant and good enough. What only may be a face is told apart from
 * none when its flaw explains the doubt: the caller then knows what to mend.
 * @param name the picture's field name, for the error
 */
export const chooseFace = ({ sure, doubtful }: Finding, rules: Rules, name: string): Choice => {
  const [largest, second] = sure
  if (!largest) {
    const [maybe] = doubtful
    return { kind: 'refused', error: outcome((maybe && flawOf(maybe, rules)) ?? 'NO_FACE', name) }
  }
  if (second && areaOf(second) > areaOf(largest) * rules.maxOtherFaceRatio)
    return { kind: 'refused', error: outcome('SEVERAL_FACES', name) }
  const flaw = flawOf(largest, rules)
  if (flaw) return { kind: 'refused', error: outcome(flaw, name) }
  return { kind: 'face', chosen: largest, faces: sure.map(({ face }) => face) }
}
