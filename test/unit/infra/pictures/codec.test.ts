import { readFileSync } from 'node:fs'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { createPictureCodec } from '../../../../infra/pictures/codec.ts'
import { encode, QUARTER_COLOURS, quarterColours, quarters, storedAs } from './make-pictures.ts'

const codec = createPictureCodec()

/** JPEG at quality 95 moves a flat colour by a few steps at most. */
const LOSSY_STEPS = 6

const expectQuarters = (picture: { data: Uint8Array; width: number; height: number }, tolerance = LOSSY_STEPS) => {
  for (const [index, colour] of quarterColours(picture).entries())
    for (const [channel, value] of colour.entries())
      expect(Math.abs(value - (QUARTER_COLOURS[index]?.[channel] ?? -999))).toBeLessThanOrEqual(tolerance)
}

const normaliseThenDecode = async (bytes: Uint8Array, type?: string) => {
  const normal = await codec.normalise(bytes, type, 'image')
  return { normal, pixels: await codec.decode(normal.bytes, 'image') }
}

describe('normalise', () => {
  it('keeps a portrait at its size and answers a JPEG', async () => {
    const person = readFileSync('test/fixtures/person_a_2012.jpg')
    const normal = await codec.normalise(person, 'image/jpeg', 'source')
    expect(normal).toMatchObject({ contentType: 'image/jpeg', width: 720, height: 900 })
    expect(await sharp(normal.bytes).metadata()).toMatchObject({
      format: 'jpeg',
      width: 720,
      height: 900,
      chromaSubsampling: '4:4:4',
    })
  })

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('turns EXIF orientation %i upright', async (orientation) => {
    const upright = quarters()
    for (const format of ['jpeg', 'webp', 'png'] as const) {
      const file = await encode(storedAs(upright, orientation))
        .withMetadata({ orientation })
        .toFormat(format)
        .toBuffer()
      const { normal, pixels } = await normaliseThenDecode(file, `image/${format}`)
      expect([normal.width, normal.height]).toEqual([upright.width, upright.height])
      expectQuarters(pixels, format === 'png' ? LOSSY_STEPS : 2 * LOSSY_STEPS)
      const direct = await codec.decode(file, 'image')
      expect([direct.width, direct.height]).toEqual([upright.width, upright.height])
    }
  })

  it('leaves no EXIF, GPS, ICC profile or XMP behind', async () => {
    const file = await encode(quarters())
      .withExif({
        IFD0: { Copyright: 'somebody', Software: 'camera-4711' },
        IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 3230/100' },
      })
      .withIccProfile('p3')
      .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"><owner>somebody</owner></x:xmpmeta>')
      .jpeg()
      .toBuffer()
    const before = await sharp(file).metadata()
    expect([before.exif, before.icc, before.xmp].map((part) => part?.length ?? 0)).not.toContain(0)
    const { bytes } = await codec.normalise(file, 'image/jpeg', 'image')
    const after = await sharp(bytes).metadata()
    expect([after.exif, after.icc, after.xmp, after.iptc]).toEqual([undefined, undefined, undefined, undefined])
    for (const trace of ['somebody', 'camera-4711', 'Exif', 'ICC_PROFILE', 'xmpmeta'])
      expect(Buffer.from(bytes).includes(trace)).toBe(false)
  })

  it('converts an embedded colour profile to sRGB', async () => {
    const file = await encode(quarters()).withIccProfile('p3').png().toBuffer()
    const stored = await sharp(file, { ignoreIcc: true }).raw().toBuffer({ resolveWithObject: true })
    expect(Math.abs((quarterColours({ ...stored.info, data: stored.data })[0]?.[0] ?? 0) - 220)).toBeGreaterThan(10)
    expectQuarters((await normaliseThenDecode(file, 'image/png')).pixels)
  })

  it('scales a large picture down to 2560 pixels and never enlarges a small one', async () => {
    const large = await encode(quarters(3200, 1600)).jpeg().toBuffer()
    expect(await codec.normalise(large, 'image/jpeg', 'image')).toMatchObject({ width: 2560, height: 1280 })
    expect(await codec.decode(large, 'image')).toMatchObject({ width: 2560, height: 1280 })
    const small = await encode(quarters(32, 40)).png().toBuffer()
    expect(await codec.normalise(small, 'image/png', 'image')).toMatchObject({ width: 32, height: 40 })
  })

  it.each<[string, number, () => Promise<Buffer>]>([
    ['a CMYK JPEG', 64, () => encode(quarters()).toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer()],
    ['a 16-bit PNG', LOSSY_STEPS, () => encode(quarters()).toColourspace('rgb16').png().toBuffer()],
    ['a palette PNG', LOSSY_STEPS, () => encode(quarters()).png({ palette: true }).toBuffer()],
    ['a progressive JPEG', LOSSY_STEPS, () => encode(quarters()).jpeg({ progressive: true, quality: 100 }).toBuffer()],
    ['an interlaced PNG', LOSSY_STEPS, () => encode(quarters()).png({ progressive: true }).toBuffer()],
    ['a lossless WebP', LOSSY_STEPS, () => encode(quarters()).webp({ lossless: true }).toBuffer()],
  ])('reads %s as the same RGB', async (_, tolerance, make) => {
    const file = await make()
    // Printing inks cannot show these colours, so CMYK comes back duller; swapped or inverted inks would miss by far more.
    expectQuarters((await normaliseThenDecode(file)).pixels, tolerance)
    expectQuarters(await codec.decode(file, 'image'), tolerance)
  })

  it.each(['b-w', 'grey16'] as const)('answers three channels for a grey picture (%s)', async (space) => {
    const file = await encode(quarters()).toColourspace(space).png().toBuffer()
    const { pixels } = await normaliseThenDecode(file, 'image/png')
    const direct = await codec.decode(file, 'image')
    for (const { data, width, height } of [pixels, direct]) {
      expect(data.length).toBe(width * height * 3)
      const [first] = quarterColours({ data, width, height })
      expect(new Set(first).size).toBe(1)
    }
  })

  it('lays a transparent picture on white', async () => {
    const rgba = { width: 64, height: 64, channels: 4, background: { r: 200, g: 0, b: 0, alpha: 0 } } as const
    for (const format of ['png', 'webp'] as const) {
      const file = await sharp({ create: rgba }).toFormat(format).toBuffer()
      const { pixels } = await normaliseThenDecode(file, `image/${format}`)
      expect(Math.min(...pixels.data)).toBeGreaterThan(250)
      expect(Math.min(...(await codec.decode(file, 'image')).data)).toBeGreaterThan(250)
    }
  })

  it('is stable: normalising what it wrote changes no pixel by much', async () => {
    const { bytes } = await codec.normalise(readFileSync('test/fixtures/person_b_2010.jpg'), 'image/jpeg', 'image')
    const first = await codec.decode(bytes, 'image')
    const second = await codec.decode((await codec.normalise(bytes, 'image/jpeg', 'image')).bytes, 'image')
    const moved = first.data.reduce((sum, value, index) => sum + Math.abs(value - (second.data[index] ?? 0)), 0)
    expect(moved / first.data.length).toBeLessThan(1)
  })

  it.each([
    ['image/jpeg; charset=binary'],
    ['IMAGE/JPEG'],
    ['image/jpg'],
    ['application/octet-stream'],
    [''],
    [undefined],
  ])('accepts a JPEG declared as %s', async (declared) => {
    const file = await encode(quarters()).jpeg().toBuffer()
    expect((await codec.normalise(file, declared, 'image')).width).toBe(96)
  })
})

describe('decode', () => {
  it('answers a buffer of its own, which a worker thread may take', async () => {
    const file = await encode(quarters()).png().toBuffer()
    const { data } = await codec.decode(file, 'image')
    expect([data.byteOffset, data.buffer.byteLength]).toEqual([0, data.length])
    structuredClone(data.buffer, { transfer: [data.buffer as ArrayBuffer] })
    expect(data.length).toBe(0)
  })

  it('reads a view into a larger buffer', async () => {
    const file = await encode(quarters()).png().toBuffer()
    const larger = new Uint8Array(file.length + 100)
    larger.set(file, 50)
    expectQuarters(await codec.decode(larger.subarray(50, 50 + file.length), 'image'))
  })
})

describe('concurrency', () => {
  it('finishes every picture of a crowd through a narrow gate, refused ones too', async () => {
    const narrow = createPictureCodec({ concurrency: 1 })
    const file = await encode(quarters()).png().toBuffer()
    const broken = file.subarray(0, file.length / 2)
    const answers = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) => narrow.decode(index % 2 ? broken : file, 'image')),
    )
    expect(answers.map(({ status }) => status)).toEqual(
      Array.from({ length: 20 }, (_, index) => (index % 2 ? 'rejected' : 'fulfilled')),
    )
  })

  it('keeps at most the allowed number in the decoder', async () => {
    const two = createPictureCodec({ concurrency: 2 })
    const file = await encode(quarters(800, 800)).png().toBuffer()
    let most = 0
    const watch = setInterval(() => {
      const { queue, process } = sharp.counters()
      most = Math.max(most, queue + process)
    })
    await Promise.all(Array.from({ length: 12 }, () => two.normalise(file, 'image/png', 'image')))
    clearInterval(watch)
    expect(most).toBeGreaterThan(0)
    expect(most).toBeLessThanOrEqual(2)
  })
})
