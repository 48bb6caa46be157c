import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'

/** Interleaved RGB. */
export interface Pixels {
  readonly data: Buffer
  readonly width: number
  readonly height: number
}

const QUARTERS = [
  [220, 40, 40],
  [40, 180, 60],
  [50, 70, 210],
  [230, 210, 60],
] as const

/** Red, green over blue, yellow: every flip and turn of it looks different. */
export const quarters = (width = 96, height = 64): Pixels => {
  const data = Buffer.alloc(width * height * 3)
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1)
      data.set(QUARTERS[(y < height / 2 ? 0 : 2) + (x < width / 2 ? 0 : 1)] ?? [], (y * width + x) * 3)
  return { data, width, height }
}

/** Encode pixels; the result is a sharp pipeline, so a test can add what it is about. */
export const encode = ({ data, width, height }: Pixels) => sharp(data, { raw: { width, height, channels: 3 } })

/** The colour in the middle of each quarter, in reading order. */
export const quarterColours = ({ data, width, height }: { data: Uint8Array; width: number; height: number }) =>
  [
    [0.25, 0.25],
    [0.75, 0.25],
    [0.25, 0.75],
    [0.75, 0.75],
  ].map(([x = 0, y = 0]) => {
    const at = (Math.floor(y * height) * width + Math.floor(x * width)) * 3
    return [...data.subarray(at, at + 3)]
  })

/** The colours `quarters` was made of. */
export const QUARTER_COLOURS: readonly (readonly number[])[] = QUARTERS

/**
 * The pixels a camera stores when it was held so that `orientation` says how to turn them upright.
 * @source EXIF 2.32, tag 0x0112
 */
export const storedAs = (upright: Pixels, orientation: number): Pixels => {
  const turned = orientation >= 5
  const width = turned ? upright.height : upright.width
  const height = turned ? upright.width : upright.height
  const data = Buffer.alloc(width * height * 3)
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) {
      const [fromX, fromY] = uprightPlace(x, y, width, height, orientation)
      const from = (fromY * upright.width + fromX) * 3
      data.set(upright.data.subarray(from, from + 3), (y * width + x) * 3)
    }
  return { data, width, height }
}

const uprightPlace = (x: number, y: number, width: number, height: number, orientation: number): [number, number] => {
  const [right, bottom] = [width - 1 - x, height - 1 - y]
  switch (orientation) {
    case 2:
      return [right, y]
    case 3:
      return [right, bottom]
    case 4:
      return [x, bottom]
    case 5:
      return [y, x]
    case 6:
      return [bottom, x]
    case 7:
      return [bottom, right]
    case 8:
      return [y, right]
    default:
      return [x, y]
  }
}

/** One PNG chunk with a correct checksum. */
export const pngChunk = (type: string, data: Uint8Array): Buffer => {
  const chunk = Buffer.alloc(12 + data.length)
  chunk.writeUInt32BE(data.length)
  chunk.write(type, 4, 'latin1')
  chunk.set(data, 8)
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.length)), 8 + data.length)
  return chunk
}

const PNG_MAGIC = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

/**
 * A valid black PNG, as small as it can be.
 * @param bits 1 (grey) or 8 (RGB) a sample
 * @param extra chunks to put before the picture data
 */
export const blackPng = (width: number, height: number, bits: 1 | 8, extra: readonly Buffer[] = []): Buffer => {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width)
  header.writeUInt32BE(height, 4)
  header[8] = bits
  header[9] = bits === 8 ? 2 : 0
  const rowBytes = 1 + (bits === 8 ? width * 3 : Math.ceil(width / 8))
  return Buffer.concat([
    PNG_MAGIC,
    pngChunk('IHDR', header),
    ...extra,
    pngChunk('IDAT', deflateSync(Buffer.alloc(rowBytes * height))),
    pngChunk('IEND', Buffer.alloc(0)),
  ])
}

/** The same JPEG with another size written into its frame header. */
export const withClaimedSize = (jpeg: Buffer, width: number, height: number): Buffer => {
  const copy = Buffer.from(jpeg)
  const frame = copy.findIndex((byte, at) => byte === 0xff && (copy[at + 1] === 0xc0 || copy[at + 1] === 0xc2))
  copy.writeUInt16BE(height, frame + 5)
  copy.writeUInt16BE(width, frame + 7)
  return copy
}

/** A progressive JPEG that legally asks for `scanCount` passes over all its coefficients. */
export const manyScansJpeg = async (scanCount: number): Promise<Buffer> => {
  const jpeg = await encode(quarters(1024, 1024)).jpeg({ progressive: true }).toBuffer()
  const starts = [...jpeg.keys()].filter((at) => jpeg[at] === 0xff && jpeg[at + 1] === 0xda)
  const second = jpeg.subarray(starts[1] ?? 0)
  const scan = second.subarray(
    0,
    second.findIndex((byte, at) => at > 2 && byte === 0xff && (second[at + 1] ?? 0) > 0),
  )
  const scans = Array.from({ length: scanCount }, (_, index) => {
    const copy = Buffer.from(scan)
    const [coefficient, low] = [1 + (Math.floor(index / 14) % 63), 13 - (index % 14)]
    copy.set([coefficient, coefficient, low === 13 ? low : ((low + 1) << 4) | low], 7)
    return copy
  })
  return Buffer.concat([jpeg.subarray(0, starts[1]), ...scans, Buffer.from([0xff, 0xd9])])
}
