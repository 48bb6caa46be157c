import { readFileSync } from 'node:fs'
import { deflateSync } from 'node:zlib'
import fc from 'fast-check'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { InputError } from '../../../../infra/domain/errors.ts'
import { createPictureCodec } from '../../../../infra/pictures/codec.ts'
import { hasMoreScansThan } from '../../../../infra/pictures/jpeg-scans.ts'
import { blackPng, encode, manyScansJpeg, pngChunk, quarters, withClaimedSize } from './make-pictures.ts'

const codec = createPictureCodec()
const MB = 1_000_000

const expectRefused = async (bytes: Uint8Array, code: string, declared?: string) => {
  const calls: (() => Promise<unknown>)[] = [() => codec.normalise(bytes, declared, 'source')]
  if (declared === undefined) calls.push(() => codec.decode(bytes, 'source'))
  for (const call of calls) {
    const error = await call().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(InputError)
    expect((error as InputError).problem).toMatchObject({ code, picture: 'source', fault: 'caller' })
  }
}

const SVG =
  '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><rect width="9"/></svg>'
const isoFile = (brand: string) =>
  Buffer.concat([
    Buffer.from([0, 0, 0, 24]),
    Buffer.from(`ftyp${brand}\0\0\0\0mif1${brand}`, 'latin1'),
    Buffer.alloc(99),
  ])

describe('files of other kinds', () => {
  it.each<[string, () => Promise<Buffer> | Buffer]>([
    ['SVG', () => Buffer.from(SVG)],
    ['GIF', () => encode(quarters()).gif().toBuffer()],
    ['TIFF', () => encode(quarters()).tiff().toBuffer()],
    ['AVIF', () => encode(quarters()).avif({ effort: 0 }).toBuffer()],
    ['HEIC', () => isoFile('heic')],
    ['PDF', () => Buffer.from('%PDF-1.7\n1 0 obj <</Type/Catalog>> endobj\ntrailer<</Root 1 0 R>>\n%%EOF')],
    ['BMP', () => Buffer.concat([Buffer.from('BM'), Buffer.alloc(200)])],
    ['ZIP', () => Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(200)])],
    ['MVG', () => Buffer.from("push graphic-context\nimage over 0,0 0,0 'https://example.com/x'\npop graphic-context")],
    ['RIFF audio', () => Buffer.concat([Buffer.from('RIFF\x24\0\0\0WAVEfmt '), Buffer.alloc(200)])],
    ['one byte', () => Buffer.from([0xff])],
  ])('refuses %s, whatever it claims to be', async (_, make) => {
    const file = await make()
    for (const declared of [undefined, 'image/png', 'image/jpeg', 'image/webp', 'image/svg+xml'])
      await expectRefused(file, 'PICTURE_TYPE_UNSUPPORTED', declared)
  })

  it('refuses nothing at all as unreadable', () => expectRefused(new Uint8Array(0), 'PICTURE_UNREADABLE'))

  it('refuses a claim that the magic bytes contradict', async () => {
    const png = await encode(quarters()).png().toBuffer()
    for (const declared of ['image/jpeg', 'image/webp', 'image/svg+xml', 'text/html'])
      await expectRefused(png, 'PICTURE_TYPE_UNSUPPORTED', declared)
  })

  it('refuses a vector picture behind the magic bytes of a PNG', () =>
    expectRefused(
      Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), Buffer.from(SVG)]),
      'PICTURE_UNREADABLE',
    ))

  it('lets no other loader run, even when one is asked for directly', async () => {
    await expect(sharp(Buffer.from(SVG)).png().toBuffer()).rejects.toThrow()
    const gif = await encode(quarters()).gif().toBuffer()
    await expect(sharp(gif).png().toBuffer()).rejects.toThrow()
  })

  it('refuses animated pictures', async () => {
    const frame = await encode(quarters()).png().toBuffer()
    const other = await encode(quarters()).flop().png().toBuffer()
    const animated = await sharp([frame, other], { join: { animated: true } })
      .webp()
      .toBuffer()
    expect((await sharp(animated).metadata()).pages).toBe(2)
    await expectRefused(animated, 'PICTURE_TYPE_UNSUPPORTED')
    const apng = blackPng(64, 64, 8, [pngChunk('acTL', Buffer.from([0, 0, 0, 2, 0, 0, 0, 0]))])
    await expectRefused(apng, 'PICTURE_TYPE_UNSUPPORTED')
  })
})

describe('files that cost too much', () => {
  it('refuses a 110 KB PNG of 30000 by 30000 pixels from its header', () => {
    const bomb = blackPng(30_000, 30_000, 1)
    expect(bomb.length).toBeLessThan(200_000)
    return expectRefused(bomb, 'PICTURE_TOO_LARGE')
  })

  it('refuses a JPEG that claims 65535 by 65535 pixels', async () => {
    const jpeg = await encode(quarters()).jpeg().toBuffer()
    await expectRefused(withClaimedSize(jpeg, 65_500, 65_500), 'PICTURE_TOO_LARGE')
    // Over what libjpeg allows a side: its header reader already refuses.
    await expectRefused(withClaimedSize(jpeg, 65_535, 65_535), 'PICTURE_UNREADABLE')
  })

  it('refuses 11 MB before looking into it', async () => {
    const jpeg = await encode(quarters()).jpeg().toBuffer()
    await expectRefused(Buffer.concat([jpeg, Buffer.alloc(11 * MB)]), 'PICTURE_TOO_LARGE')
  })

  it('refuses too few pixels, also where scaling down leaves too few', async () => {
    await expectRefused(await encode(quarters(10, 10)).png().toBuffer(), 'PICTURE_TOO_SMALL')
    await expectRefused(await encode(quarters(31, 500)).png().toBuffer(), 'PICTURE_TOO_SMALL')
    await expectRefused(await encode(quarters(40, 20_000)).png().toBuffer(), 'PICTURE_TOO_SMALL')
  })

  it('refuses a JPEG that asks for hundreds of passes, and accepts an ordinary progressive one', async () => {
    const bomb = await manyScansJpeg(500)
    expect([500, 501].map((count) => hasMoreScansThan(bomb, count))).toEqual([true, false])
    await expectRefused(bomb, 'PICTURE_UNREADABLE')
    const ordinary = await encode(quarters()).jpeg({ progressive: true }).toBuffer()
    expect(hasMoreScansThan(ordinary, 16)).toBe(false)
    await codec.normalise(ordinary, 'image/jpeg', 'image')
  })

  it('stops a decoder that takes too long', async () => {
    const hasty = createPictureCodec({ timeoutSeconds: 1, maxPixels: 400 * MB, maxSidePx: 20_000 })
    const large = blackPng(20_000, 20_000, 1)
    await expect(hasty.normalise(large, 'image/png', 'image')).rejects.toMatchObject({ code: 'PICTURE_UNREADABLE' })
  })

  it('keeps memory bounded over bombs of every kind', async () => {
    const inflated = deflateSync(Buffer.alloc(200 * MB, 65), { level: 9 })
    const text = (head: string) => Buffer.concat([Buffer.from(head, 'latin1'), inflated])
    const files = [
      blackPng(30_000, 30_000, 1),
      blackPng(64, 64, 8, [pngChunk('zTXt', text('Comment\0\0'))]),
      blackPng(64, 64, 8, [pngChunk('iTXt', text('Comment\0\x01\0\0\0'))]),
      blackPng(64, 64, 8, [pngChunk('iCCP', text('Profile\0\0'))]),
      blackPng(64, 64, 8, [
        pngChunk('iTXt', Buffer.concat([Buffer.from('Comment\0\0\0\0\0'), Buffer.alloc(9 * MB, 65)])),
      ]),
    ]
    const before = process.memoryUsage().rss
    for (const file of files)
      await codec.normalise(file, 'image/png', 'image').catch((error: unknown) => {
        expect(error).toBeInstanceOf(InputError)
      })
    // One 200 MB chunk inflated would pass this bound at once.
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * MB)
  })
})

describe('files that are damaged', () => {
  it.each(['jpeg', 'png', 'webp'] as const)('refuses a %s that ends too early, at any length', async (format) => {
    const person = readFileSync('test/fixtures/person_b_2010.jpg')
    const whole = await sharp(person).resize(200).toFormat(format).toBuffer()
    for (const share of [0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98]) {
      const cut = whole.subarray(0, Math.floor(whole.length * share))
      await expectRefused(cut, 'PICTURE_UNREADABLE')
    }
    await codec.decode(whole, 'image')
  })
})

describe('files that are two things at once', () => {
  const ZIP_TAIL = Buffer.from('PK\x03\x04\x14\0\0\0payload.jar', 'latin1')
  const HTML_TAIL = Buffer.from('<script>alert(document.domain)</script>')

  it.each<[string, (jpeg: Buffer, png: Buffer) => Buffer, string[]]>([
    ['JPEG + ZIP', (jpeg) => Buffer.concat([jpeg, ZIP_TAIL]), ['PK\x03\x04', 'payload.jar']],
    ['JPEG + HTML', (jpeg) => Buffer.concat([jpeg, HTML_TAIL]), ['<script>']],
    ['PNG + ZIP', (_, png) => Buffer.concat([png, ZIP_TAIL]), ['PK\x03\x04', 'payload.jar']],
    [
      'JPEG with HTML in a comment',
      (jpeg) => Buffer.concat([jpeg.subarray(0, 2), Buffer.from([0xff, 0xfe, 0, 41]), HTML_TAIL, jpeg.subarray(2)]),
      ['<script>'],
    ],
    [
      'PNG with HTML in a chunk',
      (_, png) => pngWith(png, pngChunk('tEXt', Buffer.from(`k\0${HTML_TAIL}`))),
      ['<script>'],
    ],
  ])('stores nothing of the second one: %s', async (_, make, traces) => {
    const jpeg = await encode(quarters()).jpeg().toBuffer()
    const png = await encode(quarters()).png().toBuffer()
    const { bytes } = await codec.normalise(make(jpeg, png), undefined, 'image')
    for (const trace of traces) expect(Buffer.from(bytes).includes(Buffer.from(trace, 'latin1'))).toBe(false)
    expect([...bytes.subarray(-2)]).toEqual([0xff, 0xd9])
  })

  it('refuses a GIF with a JAR behind it', () =>
    expectRefused(Buffer.concat([Buffer.from('GIF89a'), Buffer.alloc(60), ZIP_TAIL]), 'PICTURE_TYPE_UNSUPPORTED'))
})

/** A chunk put right behind the header, where decoders read metadata. */
const pngWith = (png: Buffer, chunk: Buffer): Buffer => Buffer.concat([png.subarray(0, 33), chunk, png.subarray(33)])

describe('any bytes at all', () => {
  const seeds: Buffer[] = []
  beforeAll(async () => {
    const person = await sharp(readFileSync('test/fixtures/person_b_2010.jpg')).resize(80).toBuffer()
    for (const format of ['jpeg', 'png', 'webp'] as const) seeds.push(await sharp(person).toFormat(format).toBuffer())
    seeds.push(
      await sharp(person)
        .jpeg({ progressive: true })
        .withExif({ IFD0: { Software: 'x' } })
        .toBuffer(),
    )
  })

  const pictureOrInputError = async (bytes: Uint8Array) => {
    try {
      const { data, width, height } = await codec.decode(bytes, 'image')
      expect(data.length).toBe(width * height * 3)
    } catch (error) {
      expect(error).toBeInstanceOf(InputError)
    }
  }

  it('give a picture or an InputError when random, also behind real magic bytes', () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom('', 'ffd8ffe0', '89504e470d0a1a0a', '52494646ffff000057454250'),
        fc.uint8Array({ maxLength: 2000 }),
        (magic, bytes) => pictureOrInputError(Buffer.concat([Buffer.from(magic, 'hex'), bytes])),
      ),
      { numRuns: 200 },
    ))

  it('give a picture or an InputError when a real picture is changed anywhere', () =>
    fc.assert(
      fc.asyncProperty(
        fc.nat(3),
        fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255)), { minLength: 1, maxLength: 20 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (seed, changes, keep) => {
          const bytes = Buffer.from(seeds[seed] ?? [])
          // Half of the changes fall into the first 200 bytes, where the sizes and tables are.
          for (const [index, [place, value]] of changes.entries())
            bytes[Math.floor(place * (index % 2 ? 200 : bytes.length - 1))] = value
          await pictureOrInputError(keep > 0.8 ? bytes.subarray(0, Math.ceil(keep * bytes.length)) : bytes)
        },
      ),
      { numRuns: 300 },
    ))
})
