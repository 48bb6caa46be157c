import sharp from 'sharp'
import type { DecodedPicture } from '../../infra/ports/picture-codec.ts'
import { asJpeg, decoded, edit } from '../fixtures/pictures.ts'

/** One way of photographing the same face worse. */
export interface FaceVariant {
  readonly name: string
  /** @param eyes distance of the eyes in the picture, in pixels */
  make(picture: DecodedPicture, eyes: number): Promise<DecodedPicture>
}

const turned = (degrees: number): FaceVariant => ({
  name: `turned by ${degrees}°`,
  make: (picture) => decoded(edit(picture).rotate(degrees, { background: '#808080' })),
})

const blurred = (share: number): FaceVariant => ({
  name: `blurred by ${share} eye distances`,
  make: (picture, eyes) => decoded(edit(picture).blur(share * eyes)),
})

const scaled = (pixels: number): FaceVariant => ({
  name: `eyes ${pixels} px apart`,
  make: (picture, eyes) => decoded(edit(picture).resize(Math.max(1, Math.round((picture.width * pixels) / eyes)))),
})

const jpeg = (quality: number): FaceVariant => ({
  name: `JPEG quality ${quality}`,
  make: (picture) => asJpeg(picture, quality),
})

const lit = (gain: number): FaceVariant => ({
  name: `brightness × ${gain}`,
  make: (picture) => decoded(edit(picture).linear(gain, 0)),
})

/** What the accuracy of face matching is measured under, besides the pictures as they are. */
export const FACE_VARIANTS: readonly FaceVariant[] = [
  { name: 'as it is', make: async (picture) => picture },
  ...[15, 30, 45, 90, 135, 180, 270].map(turned),
  ...[40, 30, 25, 20, 15].map(scaled),
  ...[0.02, 0.04, 0.06, 0.08, 0.1].map(blurred),
  ...[50, 20, 10].map(jpeg),
  ...[0.5, 0.3, 0.15, 1.5].map(lit),
  { name: 'grey', make: async (picture) => decoded(sharp(await edit(picture).grayscale().png().toBuffer())) },
  { name: 'mirrored', make: (picture) => decoded(edit(picture).flop()) },
]
