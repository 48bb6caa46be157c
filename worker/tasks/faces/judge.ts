import { chipResidual, chipTransform } from './alignment.ts'
import type { Candidate } from './detect.ts'
import type { Point } from './geometry.ts'
import { between, disagreement, LANDMARKS_SIDE, landmarksTile, readLandmarks } from './landmarks.ts'
import { type Net, runNet } from './net.ts'
import { rotationOf } from './similarity-transform.ts'

/** A candidate with its landmarks, and whether it can be believed. */
export interface Judged extends Candidate {
  /** 68 points in pixels of the picture */
  readonly landmarks: readonly Point[]
  /** how far two readings of the landmarks lie apart, in eye distances */
  readonly unsteadiness: number
  readonly sure: boolean
}

/**
 * Landmarks are read twice, from the face tilted this much to either side of upright, and averaged: the embedding of the
 * same face, photographed slightly differently, then moves by 0.075 instead of 0.108 (median).
 */
const TILT_DEGREES = 15
/**
 * The two readings of a true, upright face agree; those of a face upside down, of a knee or of a curtain do not. Over 23
 * people at five angles true faces differed by at most 0.10 eye distances, wrong ones by at least 0.139. The detector's
 * score does not separate them: up to 0.92 for a face upside down, down to 0.47 for an upright one.
 */
const MAX_UNSTEADINESS = 0.12
/** Distance of landmarks from the mean face, in pixels of the chip: true faces stayed under 7, hair taken for a face had 12. */
const MAX_RESIDUAL = 10

const readAll = async (net: Net, candidates: readonly Candidate[], batchSize: number): Promise<Point[][]> => {
  const draws = candidates.map(
    ({ picture, frame }) =>
      () =>
        landmarksTile(picture, frame),
  )
  const answers = await runNet(net, draws, [LANDMARKS_SIDE, LANDMARKS_SIDE, 3], batchSize)
  return candidates.map(({ frame }, index) => readLandmarks(answers[index] ?? new Float32Array(), frame))
}

/**
 * Read the landmarks of every candidate and tell true faces from what only looked like one.
 * @param batchSize most faces the net is given at a time
 * @throws InferenceError from the net
 */
export const judge = async (
  landmarkNet: Net,
  candidates: readonly Candidate[],
  batchSize: number,
): Promise<readonly Judged[]> => {
  const rough = await readAll(landmarkNet, candidates, batchSize)
  const tilted = (by: number): Candidate[] =>
    candidates.map((candidate, index) => {
      const upright = rotationOf(chipTransform(rough[index] ?? []))
      return { ...candidate, frame: { ...candidate.frame, degrees: upright + by } }
    })
  const readings = await readAll(landmarkNet, [...tilted(TILT_DEGREES), ...tilted(-TILT_DEGREES)], batchSize)
  return candidates.map((candidate, index) => {
    const [one, other] = [readings[index] ?? [], readings[index + candidates.length] ?? []]
    const landmarks = between(one, other)
    const unsteadiness = disagreement(one, other)
    const sure = unsteadiness <= MAX_UNSTEADINESS && chipResidual(landmarks) <= MAX_RESIDUAL
    return { ...candidate, landmarks, unsteadiness, sure }
  })
}
