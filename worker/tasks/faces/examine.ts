import { outcome } from '../../../infra/domain/outcomes.ts'
import type { DecodedPicture } from '../../../infra/ports/picture-codec.ts'
import { type Choice, chooseFace, type Rules } from './choose-face.ts'
import { type FaceBatchSizes, type FaceNets, findFaces } from './find-faces.ts'

/** A picture as a job brought it. */
export interface Brought {
  /** the field it came under */
  readonly name: string
  readonly picture: DecodedPicture | undefined
}

/** How pictures are examined. */
export interface Examination {
  readonly nets: FaceNets
  readonly rules: Rules
  readonly batchSizes: FaceBatchSizes
}

const isUsable = (picture: DecodedPicture | undefined): picture is DecodedPicture =>
  picture !== undefined && picture.data.length > 0 && picture.data.length === picture.width * picture.height * 3

/**
 * The face of each picture, or why it has none; all pictures are searched together. One that cannot be used is refused on
 * its own and disturbs no other.
 * @returns one choice a picture, in order
 * @throws InferenceError from the nets
 */
export const examine = async (
  brought: readonly Brought[],
  { nets, rules, batchSizes }: Examination,
): Promise<readonly Choice[]> => {
  const pictures = brought.map(({ picture }) => picture).filter(isUsable)
  const findings = (await findFaces(pictures, nets, batchSizes)).values()
  return brought.map(({ name, picture }) => {
    const finding = isUsable(picture) ? findings.next().value : undefined
    if (finding) return chooseFace(finding, rules, name)
    return { kind: 'refused', error: outcome(picture ? 'PICTURE_UNREADABLE' : 'PICTURE_GONE', name) }
  })
}
