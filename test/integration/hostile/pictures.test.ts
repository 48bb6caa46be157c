import { deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { form, PERSON } from '../../fixtures/forms.ts'
import { blackPng, manyScansJpeg, pngChunk, withClaimedSize } from '../../unit/infra/pictures/make-pictures.ts'
import { type ApiProcess, startApiProcess } from './api-process.ts'
import { openRaw, readAll } from './raw-http.ts'

const MB = 1_000_000
const SIDE_25_MEGAPIXELS = 5_000
const PARALLEL = 20
/** Twenty of them decoded at once would take some 5 GB. */
const MAX_GROWTH_BYTES = 1_500 * MB

let api: ApiProcess
let idleBytes: number
beforeAll(async () => {
  api = await startApiProcess()
  idleBytes = api.rssBytes()
})
afterAll(() => api?.stop())

const send = async (bytes: Uint8Array): Promise<readonly [number, string | undefined]> => {
  const { headers, payload } = form({ name: 'image', bytes, type: 'application/octet-stream' })
  const answer = await fetch(`${api.url}/v1/liveness`, {
    method: 'POST',
    headers: { ...headers, authorization: `Bearer ${api.key}`, prefer: 'wait=0' },
    body: new Uint8Array(payload),
  })
  const { code } = (await answer.json()) as { readonly code?: string }
  return [answer.status, code]
}

const TYPE = [415, 'PICTURE_TYPE_UNSUPPORTED'] as const
const UNREADABLE = [422, 'PICTURE_UNREADABLE'] as const
const TOO_LARGE = [413, 'PICTURE_TOO_LARGE'] as const
const TAKEN = [202, undefined] as const
const person = () => sharp(PERSON).resize(400)
const inflating = (type: string, head: string) =>
  blackPng(64, 64, 8, [
    pngChunk(type, Buffer.concat([Buffer.from(head, 'latin1'), deflateSync(Buffer.alloc(100 * MB, 65), { level: 9 })])),
  ])

describe('a picture sent over HTTP', () => {
  it.each<[string, readonly [number, string | undefined], () => Buffer | Promise<Buffer>]>([
    ['an SVG that names a file', TYPE, () => Buffer.from('<svg><image href="file:///etc/passwd"/></svg>')],
    ['a TIFF', TYPE, () => person().tiff().toBuffer()],
    ['a PDF', TYPE, () => Buffer.from('%PDF-1.7\n%%EOF')],
    ['a script for ImageMagick', TYPE, () => Buffer.from("push graphic-context\nimage over 0,0 0,0 'msl:/etc/passwd'")],
    [
      'an animation of two hundred frames',
      TYPE,
      async () => {
        const frames = [await person().png().toBuffer(), await person().flop().png().toBuffer()]
        const all = Array.from({ length: 100 }, () => frames).flat()
        return sharp(all, { join: { animated: true } })
          .webp({ effort: 0 })
          .toBuffer()
      },
    ],
    [
      '65500 by 65500 pixels in the header',
      TOO_LARGE,
      async () => withClaimedSize(await person().jpeg().toBuffer(), 65_500, 65_500),
    ],
    ['a PNG of 900 megapixels in 110 kB', TOO_LARGE, () => blackPng(30_000, 30_000, 1)],
    ['a JPEG of 500 scans', UNREADABLE, () => manyScansJpeg(500)],
    ['half a picture', UNREADABLE, () => PERSON.subarray(0, PERSON.length / 2)],
    ['11 MB', TOO_LARGE, () => Buffer.concat([PERSON, Buffer.alloc(11 * MB)])],
    [
      'a JPEG with a ZIP behind it',
      TAKEN,
      async () => Buffer.concat([await person().jpeg().toBuffer(), Buffer.from('PK\x03\x04')]),
    ],
    ['CMYK', TAKEN, () => person().toColourspace('cmyk').jpeg().toBuffer()],
    ['16 bits a sample', TAKEN, () => person().toColourspace('rgb16').png().toBuffer()],
  ])('%s: %j', async (_what, expected, make) => {
    expect(await send(await make())).toEqual(expected)
  })

  it.each([
    ['zTXt', 'Comment\0\0'],
    ['iTXt', 'Comment\0\x01\0\0\0'],
    ['iCCP', 'Profile\0\0'],
  ])('with 100 MB folded into %s takes no 100 MB', async (type, head) => {
    const before = api.rssBytes()
    const [status] = await send(inflating(type, head))
    expect(status).toBeLessThan(500)
    expect(api.rssBytes() - before).toBeLessThan(90 * MB)
  })
})

it('a body without length is refused at the limit, not at its end', async () => {
  const head = [
    'POST /v1/liveness HTTP/1.1',
    'host: a',
    `authorization: Bearer ${api.key}`,
    'content-type: multipart/form-data; boundary=b',
    'transfer-encoding: chunked',
  ]
  const socket = await openRaw(api.port, `${head.join('\r\n')}\r\n\r\n`)
  const answer = readAll(socket)
  const chunk = (bytes: Buffer) =>
    Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
  socket.write(chunk(Buffer.from('--b\r\ncontent-disposition: form-data; name="image"; filename="a"\r\n\r\n')))
  let sentBytes = 0
  for (const piece = chunk(Buffer.alloc(MB)); sentBytes < 60 * MB && !socket.destroyed; sentBytes += MB)
    if (!socket.write(piece)) await new Promise((resolve) => socket.once('drain', resolve).once('close', resolve))
  // Who goes on sending may lose the answer along with the connection.
  expect(await answer).toMatch(/^(HTTP\/1\.1 413 .*"PICTURE_TOO_LARGE".*)?$/s)
  expect(sentBytes).toBeLessThan(40 * MB)
})

it(`memory stays bounded while ${PARALLEL} of the largest pictures arrive at once`, async () => {
  const largest = await sharp(PERSON)
    .resize(SIDE_25_MEGAPIXELS, SIDE_25_MEGAPIXELS, { fit: 'fill' })
    .jpeg({ progressive: true, quality: 60 })
    .toBuffer()
  expect(largest.length).toBeLessThan(10 * MB)
  let peakBytes = 0
  const watch = setInterval(() => {
    peakBytes = Math.max(peakBytes, api.rssBytes())
  }, 20)
  const answers = await Promise.all(Array.from({ length: PARALLEL }, () => send(largest)))
  clearInterval(watch)
  console.log(
    `peak ${Math.round(peakBytes / MB)} MB over ${Math.round(idleBytes / MB)} MB idle, ${Math.round(largest.length / 1000)} kB each`,
  )
  for (const [status] of answers) expect([202, 429]).toContain(status)
  expect(answers.map(([status]) => status)).toContain(202)
  expect(peakBytes - idleBytes).toBeLessThan(MAX_GROWTH_BYTES)
  await api.expectWell()
})
