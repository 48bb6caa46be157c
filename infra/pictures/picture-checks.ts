import sharp from 'sharp'
import { InputError } from '../domain/errors.ts'
import { type OutcomeCode, outcome } from '../domain/outcomes.ts'
import { hasMoreScansThan } from './jpeg-scans.ts'
import { claimFits, isAnimatedPng, sniffPictureType } from './picture-type.ts'

/** What a stranger's file may cost. */
export interface PictureLimits {
  readonly maxBytes: number
  /** width times height as the header says, checked before a pixel is decoded */
  readonly maxPixels: number
  /** least width and height, also after scaling down */
  readonly minSidePx: number
  /** longer pictures are scaled down to this; none is ever enlarged */
  readonly maxSidePx: number
  /** most time the decoder may work on one picture */
  readonly timeoutSeconds: number
  /** most pictures in the decoder at once; the others wait in order */
  readonly concurrency: number
}

/** Encoders write 1 to about 12. Measured at 25 megapixels: 56 scans take 0.35 s, 882 take 3.8 s. */
const MAX_JPEG_SCANS = 64

/** What a caller is told of a picture that is not accepted. */
export const refusal = (code: OutcomeCode, name: string): InputError => new InputError(outcome(code, name))

/**
 * Look at a file before any decoder does.
 * @param declaredType what the caller says it is; undefined when he says nothing
 * @throws InputError
 */
export const checkFile = (
  bytes: Uint8Array,
  declaredType: string | undefined,
  name: string,
  { maxBytes }: PictureLimits,
): void => {
  if (bytes.length > maxBytes) throw refusal('PICTURE_TOO_LARGE', name)
  if (bytes.length === 0) throw refusal('PICTURE_UNREADABLE', name)
  const found = sniffPictureType(bytes)
  if (!found || !claimFits(declaredType, found)) throw refusal('PICTURE_TYPE_UNSUPPORTED', name)
  if (found === 'image/png' && isAnimatedPng(bytes)) throw refusal('PICTURE_TYPE_UNSUPPORTED', name)
  if (found === 'image/jpeg' && hasMoreScansThan(bytes, MAX_JPEG_SCANS)) throw refusal('PICTURE_UNREADABLE', name)
}

/**
 * Let the decoder read the header alone, and judge what it claims.
 * @throws InputError
 */
export const checkHeader = async (
  bytes: Uint8Array,
  name: string,
  { maxPixels, minSidePx, maxSidePx }: PictureLimits,
): Promise<void> => {
  const { width, height, pages = 1 } = await sharp(bytes, { limitInputPixels: false }).metadata()
  if (pages > 1) throw refusal('PICTURE_TYPE_UNSUPPORTED', name)
  if (width * height > maxPixels) throw refusal('PICTURE_TOO_LARGE', name)
  const scale = Math.min(1, maxSidePx / Math.max(width, height))
  if (Math.min(width, height) * scale < minSidePx) throw refusal('PICTURE_TOO_SMALL', name)
}
