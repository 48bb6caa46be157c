import { availableParallelism } from 'node:os'
import sharp, { type Sharp } from 'sharp'
import { InputError } from '../domain/errors.ts'
import type { PictureCodec } from '../ports/picture-codec.ts'
import { checkFile, checkHeader, type PictureLimits, refusal } from './picture-checks.ts'

/** libuv's pool has four threads unless told otherwise, and one progressive picture takes up to 260 MB in the decoder. */
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

const ALLOWED_LOADERS = ['VipsForeignLoadJpegBuffer', 'VipsForeignLoadPngBuffer', 'VipsForeignLoadWebpBuffer']

/** Process-wide and idempotent. The cache goes because it would keep pixels of people after their job. */
const lockDown = (): void => {
  sharp.block({ operation: ['VipsForeignLoad'] })
  sharp.unblock({ operation: ALLOWED_LOADERS })
  sharp.cache(false)
}

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

/** Upright, on white, no longer than allowed, and in sRGB (sharp's default): everything but the way out. */
const upright = (bytes: Uint8Array, { maxPixels, maxSidePx, timeoutSeconds }: PictureLimits): Sharp =>
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

/**
 * Turn strangers' bytes into pixels with libvips, restricted to its JPEG, PNG and WebP buffer loaders. Blocks every
 * other loader and the operation cache for the whole process.
 * @param limits deviations from the defaults, which are the ones documented for callers
 */
export const createPictureCodec = (limits: Partial<PictureLimits> = {}): PictureCodec => {
  const all = { ...DEFAULTS, ...limits }
  const gate = createGate(all.concurrency)
  lockDown()

  const guarded = async <T>(bytes: Uint8Array, name: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await gate(async () => {
        await checkHeader(bytes, name, all)
        return work()
      })
    } catch (error) {
      // Whatever the decoder says, the caller's file is at fault; its words may quote the file, so they end here.
      throw error instanceof InputError ? error : refusal('PICTURE_UNREADABLE', name)
    }
  }

  return {
    async normalise(bytes, declaredType, name) {
      checkFile(bytes, declaredType, name, all)
      return guarded(bytes, name, async () => {
        const { data, info } = await upright(bytes, all).jpeg(JPEG_OUT).toBuffer({ resolveWithObject: true })
        return { bytes: data, contentType: 'image/jpeg', width: info.width, height: info.height }
      })
    },
    async decode(bytes, name) {
      checkFile(bytes, undefined, name, all)
      return guarded(bytes, name, async () => {
        const { data, info } = await upright(bytes, all).raw().toBuffer({ resolveWithObject: true })
        // A copy of our own: the library's memory can be neither transferred to another thread nor freed early.
        return { data: new Uint8Array(data), width: info.width, height: info.height }
      })
    },
  }
}
