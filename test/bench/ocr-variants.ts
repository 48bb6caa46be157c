import type { DecodedPicture } from '../../infra/ports/picture-codec.ts'
import { asJpeg, decoded, edit } from '../fixtures/pictures.ts'

/** One way of photographing the same document worse. */
export interface DocumentVariant {
  readonly name: string
  make(picture: DecodedPicture): Promise<DecodedPicture>
}

const turned = (degrees: number): DocumentVariant => ({
  name: `turned by ${degrees}°`,
  make: (picture) => decoded(edit(picture).rotate(degrees, { background: '#808080' })),
})

const blurred = (sigma: number): DocumentVariant => ({
  name: `blurred, sigma ${sigma} px`,
  make: (picture) => decoded(edit(picture).blur(sigma)),
})

const scaled = (share: number): DocumentVariant => ({
  name: `scaled to ${share}`,
  make: (picture) => decoded(edit(picture).resize(Math.round(picture.width * share))),
})

/** What reading is measured under, besides the pictures as they are. */
export const DOCUMENT_VARIANTS: readonly DocumentVariant[] = [
  { name: 'as it is', make: async (picture) => picture },
  ...[90, 180, 270, 5, -12].map(turned),
  ...[1, 2].map(blurred),
  ...[0.7, 0.5].map(scaled),
  { name: 'JPEG quality 30', make: (picture) => asJpeg(picture, 30) },
  { name: 'brightness × 0.4', make: (picture) => decoded(edit(picture).linear(0.4, 0)) },
]
