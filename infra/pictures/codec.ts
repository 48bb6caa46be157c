import { availableParallelism } from 'node:os'
import sharp, { type Sharp } from 'sharp'
import { InputError } from '../domain/errors.ts'
import { type OutcomeCode, outcome } from '../domain/outcomes.ts'
import type { PictureCodec } from '../ports/picture-codec.ts'
import { countJpegScans } from './jpeg-scans.ts'
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

/** libuv's pool has four threads unless told otherwise, and one progressive picture may take 350 MB in the decoder. */
const MAX_CONCURRENCY = 4

/** 10 MB and 25 megapixels: more than any phone or scanner needs for a face or a document. */
const DEFAULTS: PictureLimits = {
  maxBytes: 10_000_000,
  maxPixels: 25_000_000,
  minSidePx: 32,
  maxSidePx: 2560,
  timeoutSeconds: 5,
  concurrency: Math.min(availableParallelism(), MAX_CONCURRENCY),
}

/** Chroma is kept whole: MRZ strokes and skin texture both suffer from halved colour. */
const JPEG_OUT = { quality: 95, chromaSubsampling: '4:4:4' } as const
const WHITE = { r: 255, g: 255, b: 255 }
/** CMYK and RGB with alpha have four; more is no photograph */
const MAX_CHANNELS = 4

/** Encoders write 1 to about 12. Measured at 25 megapixels: 56 scans take 0.35 s, 882 take 3.8 s. */
const MAX_JPEG_SCANS = 64
const ALLOWED_LOADERS = ['VipsForeignLoadJpegBuffer', 'VipsForeignLoadPngBuffer', 'VipsForeignLoadWebpBuffer']

/** Process-wide and idempotent. The cache goes because it would keep pixels of people after their job. */
const lockDown = (): void => {
  sharp.block({ operation: ['VipsForeignLoad'] })
  sharp.unblock({ operation: ALLOWED_LOADERS })
  sharp.cache(false)
}

const refusal = (code: OutcomeCode, name: string): InputError => new InputError(outcome(code, name))

/** Let `work` in when fewer than `limit` are inside; the others wait in order. */
const createGate = (limit: number) => {
  let inside = 0
  const waiting: (() => void)[] = []
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (inside >= limit) await new Promise<void>((resolve) => waiting.push(resolve))
    else inside += 1
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else inside -= 1
    }
  }
}

/**
 * Turn strangers' bytes into pixels with libvips, restricted to its JPEG, PNG and WebP buffer loaders. Blocks every
 * other loader and the operation cache for the whole process.
 * @param limits deviations from the defaults, which are the ones documented for callers
 */
export const createPictureCodec = (limits: Partial<PictureLimits> = {}): PictureCodec => {
  const { maxBytes, maxPixels, minSidePx, maxSidePx, timeoutSeconds, concurrency } = { ...DEFAULTS, ...limits }
  const gate = createGate(concurrency)
  lockDown()

  const checkFile = (bytes: Uint8Array, declaredType: string | undefined, name: string): void => {
    if (bytes.length > maxBytes) throw refusal('PICTURE_TOO_LARGE', name)
    if (bytes.length === 0) throw refusal('PICTURE_UNREADABLE', name)
    const found = sniffPictureType(bytes)
    if (!found || !claimFits(declaredType, found)) throw refusal('PICTURE_TYPE_UNSUPPORTED', name)
    if (found === 'image/png' && isAnimatedPng(bytes)) throw refusal('PICTURE_TYPE_UNSUPPORTED', name)
    if (found === 'image/jpeg' && countJpegScans(bytes) > MAX_JPEG_SCANS) throw refusal('PICTURE_UNREADABLE', name)
  }

  const checkHeader = async (bytes: Uint8Array, name: string): Promise<void> => {
    const { width, height, pages = 1 } = await sharp(bytes, { limitInputPixels: false }).metadata()
    if (pages > 1) throw refusal('PICTURE_TYPE_UNSUPPORTED', name)
    if (width * height > maxPixels) throw refusal('PICTURE_TOO_LARGE', name)
    const scale = Math.min(1, maxSidePx / Math.max(width, height))
    if (Math.min(width, height) * scale < minSidePx) throw refusal('PICTURE_TOO_SMALL', name)
  }

  const upright = (bytes: Uint8Array): Sharp =>
    sharp(bytes, {
      autoOrient: true,
      failOn: 'warning',
      limitInputPixels: maxPixels,
      limitInputChannels: MAX_CHANNELS,
      pages: 1,
    })
      .timeout({ seconds: timeoutSeconds })
      .resize({ width: maxSidePx, height: maxSidePx, fit: 'inside', withoutEnlargement: true })
      .flatten({ background: WHITE })
      .toColourspace('srgb')

  const guarded = async <T>(bytes: Uint8Array, name: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await gate(async () => {
        await checkHeader(bytes, name)
        return work()
      })
    } catch (error) {
      // Whatever the decoder says, the caller's file is at fault; its words may quote the file, so they end here.
      throw error instanceof InputError ? error : refusal('PICTURE_UNREADABLE', name)
    }
  }

  return {
    async normalise(bytes, declaredType, name) {
      checkFile(bytes, declaredType, name)
      return guarded(bytes, name, async () => {
        const { data, info } = await upright(bytes).jpeg(JPEG_OUT).toBuffer({ resolveWithObject: true })
        return { bytes: data, contentType: 'image/jpeg', width: info.width, height: info.height }
      })
    },
    async decode(bytes, name) {
      checkFile(bytes, undefined, name)
      return guarded(bytes, name, async () => {
        const { data, info } = await upright(bytes).raw().toBuffer({ resolveWithObject: true })
        // A copy of our own: the library's memory can be neither transferred to another thread nor freed early.
        return { data: new Uint8Array(data), width: info.width, height: info.height }
      })
    },
  }
}
