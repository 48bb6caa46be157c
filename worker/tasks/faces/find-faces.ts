import type { Face } from '../../../infra/domain/results.ts'
import type { DecodedPicture } from '../../../infra/ports/picture-codec.ts'
import { CHIP_SIDE, chipTransform } from './alignment.ts'
import { detect } from './detect.ts'
import { overlap, type Point } from './geometry.ts'
import { type Judged, judge } from './judge.ts'
import { type Look, otherSizes, quarterTurns, slants, standardLook } from './look.ts'
import type { Net } from './net.ts'
import { boxOf } from './outline.ts'
import { qualityOf } from './quality.ts'
import { warp } from './warp.ts'

/** The nets that find faces. */
export interface FaceNets {
  readonly detector: Net
  readonly landmarks: Net
}

/** Most pictures each net is given at a time. */
export interface FaceBatchSizes {
  readonly detector: number
  readonly landmarks: number
}

/** A face in a picture, ready to be compared. */
export interface FoundFace {
  readonly face: Face
  /** 68 points in pixels of the picture */
  readonly landmarks: readonly Point[]
  /** the aligned face, `CHIP_SIDE` squared RGB pixels */
  readonly chip: Uint8Array
}

/** What was found in one picture. Largest face first. */
export interface Finding {
  readonly sure: readonly FoundFace[]
  /** seen by the detector but without steady landmarks: too small, too blurred, or no face at all. Empty when one is sure */
  readonly doubtful: readonly FoundFace[]
}

/** The detector is often unsure: only from this score on is a doubtful face worth a word to the caller. */
const MIN_DOUBTFUL_SCORE = 0.5
/** Intersection over union from which two boxes drawn round landmarks are about the same face. */
const SAME_FACE_OVERLAP = 0.3

interface Stage {
  readonly looks: (picture: DecodedPicture, standardSide: number) => readonly Look[]
  /** whether doubtful faces are worth telling; turned looks see too many */
  readonly doubts: boolean
}

/** Each stage looks only at the pictures in which no earlier one was sure of a face: good pictures cost one look. */
const STAGES: readonly Stage[] = [
  { looks: (_, side) => [standardLook(side)], doubts: true },
  { looks: otherSizes, doubts: true },
  { looks: (_, side) => quarterTurns(side), doubts: false },
  { looks: (_, side) => slants(side), doubts: false },
]

/** Size of a face's box, in square pixels. */
export const areaOf = ({ face: { box } }: FoundFace): number => box.width * box.height

const complete = ({ picture, landmarks, score }: Judged): FoundFace => {
  const chip = warp(picture, chipTransform(landmarks), CHIP_SIDE)
  const face = { box: boxOf(landmarks, picture), score, quality: qualityOf(landmarks, chip) }
  return { face, landmarks, chip }
}

/** Largest first, each face once. */
const distinct = (faces: readonly FoundFace[]): FoundFace[] => {
  const kept: FoundFace[] = []
  for (const found of faces.toSorted((a, b) => areaOf(b) - areaOf(a)))
    if (kept.every(({ face }) => overlap(face.box, found.face.box) < SAME_FACE_OVERLAP)) kept.push(found)
  return kept
}

/** Of several looks at one picture, the sure faces of the one that holds the steadiest. */
const steadiest = (judged: readonly Judged[]): Judged[] => {
  const sure = judged.filter((face) => face.sure).toSorted((a, b) => a.unsteadiness - b.unsteadiness)
  return sure.filter(({ look }) => look === sure[0]?.look)
}

const findingOf = (judged: readonly Judged[], { doubts }: Stage, earlier: Finding): Finding => {
  const sure = distinct(steadiest(judged).map(complete))
  if (sure.length > 0) return { sure, doubtful: [] }
  const doubtful = judged.filter((face) => doubts && face.score >= MIN_DOUBTFUL_SCORE && face.unsteadiness < 1)
  return { sure, doubtful: distinct([...earlier.doubtful, ...doubtful.map(complete)]) }
}

/**
 * Find the faces of pictures, whatever way up they are. The first look at a picture nearly always settles it; where it
 * does not, others follow: closer, from further away, and turned.
 * @returns one finding a picture, in order
 * @throws InferenceError from the nets
 */
export const findFaces = async (
  pictures: readonly DecodedPicture[],
  nets: FaceNets,
  batchSizes: FaceBatchSizes,
): Promise<readonly Finding[]> => {
  const findings: Finding[] = pictures.map(() => ({ sure: [], doubtful: [] }))
  const standardSide = nets.detector.model.threshold('side')
  for (const stage of STAGES) {
    const lookAts = pictures.flatMap((picture, index) =>
      findings[index]?.sure.length === 0
        ? stage.looks(picture, standardSide).map((look) => ({ index, picture, look }))
        : [],
    )
    const candidates = await detect(nets.detector, lookAts, batchSizes.detector)
    const judged = await judge(nets.landmarks, candidates, batchSizes.landmarks)
    for (const [index, faces] of Map.groupBy(judged, (face) => face.index)) {
      const earlier = findings[index]
      if (earlier) findings[index] = findingOf(faces, stage, earlier)
    }
  }
  return findings
}
