import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Picture, PictureError } from '../../../../api/client/client.ts'
import { contentTypeOf } from '../../../../api/client/picture.ts'
import { aJob, finished } from './scripted-server.ts'
import { JPEG, PNG, rejection, useServer } from './setup.ts'

const context = useServer()
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-client-'))
  await writeFile(join(folder, 'jane_doe.txt'), JPEG)
  await writeFile(join(folder, 'empty.jpg'), '')
})
afterAll(() => rm(folder, { recursive: true }))

const base64 = Buffer.from(JPEG).toString('base64')
const halves = async function* () {
  yield JPEG.subarray(0, 5)
  yield JPEG.subarray(5)
}

describe('a picture', () => {
  it.each<[string, () => Picture]>([
    ['a path', () => join(folder, 'jane_doe.txt')],
    ['a Blob', () => new Blob([JPEG])],
    ['a File', () => new File([JPEG], 'jane_doe.gif', { type: 'image/gif' })],
    ['a Uint8Array', () => JPEG],
    ['a view into a larger buffer', () => new Uint8Array([0, 0, ...JPEG, 0]).subarray(2, 2 + JPEG.length)],
    ['a Node Buffer', () => Buffer.from(JPEG)],
    ['an ArrayBuffer', () => JPEG.slice().buffer],
    ['a web stream', () => new Blob([JPEG]).stream()],
    ['a Node stream', () => Readable.from([Buffer.from(JPEG.subarray(0, 4)), Buffer.from(JPEG.subarray(4))])],
    ['an async iterable', () => halves()],
    ['base64 text', () => ({ base64 })],
    ['base64 text in lines', () => ({ base64: `${base64.slice(0, 8)}\n${base64.slice(8)}` })],
    ['base64 text for URLs', () => ({ base64: base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '') })],
    ['a data: URL', () => ({ base64: `data:image/png;base64,${base64}` })],
  ])('may be %s', async (_, make) => {
    const { server, muster } = context
    server.will(finished(aJob('liveness')))
    await muster().liveness({ image: make() })
    const image = (await server.requests[0]?.form())?.get('image') as File
    expect(new Uint8Array(await image.arrayBuffer())).toEqual(JPEG)
    // By its bytes, whatever it is called; and it is never called by its own name.
    expect([image.type, image.name]).toEqual(['image/jpeg', 'image'])
  })

  it('that was uploaded before is named in JSON, the other beside it', async () => {
    const { server, muster } = context
    server.will(finished(aJob('face-match')), finished(aJob('ocr')))
    await muster().faceMatch({ source: { uploadId: 'up-1' }, target: JPEG })
    await muster().ocr({ image: { uploadId: 'up-2' }, documentType: 'visa' })
    expect(server.requests.map((request) => request.json())).toEqual([
      { source: { uploadId: 'up-1' }, target: { base64 } },
      { documentType: 'visa', image: { uploadId: 'up-2' } },
    ])
    expect(server.requests[0]?.headers['content-type']).toBe('application/json')
  })

  it('of megabytes survives the way through JSON', async () => {
    const { server, muster } = context
    const large = new Uint8Array(3_000_001).map((_, index) => index * 31)
    server.will(finished(aJob('face-match')))
    await muster().faceMatch({ source: { uploadId: 'up-1' }, target: large })
    expect(server.requests[0]?.json()).toMatchObject({ target: { base64: Buffer.from(large).toString('base64') } })
  })

  it('is sent as it was when the call was made', async () => {
    const { server, muster } = context
    const bytes = JPEG.slice()
    server.will(finished(aJob('liveness')))
    const call = muster().liveness({ image: bytes })
    bytes.fill(0)
    await call
    const image = (await server.requests[0]?.form())?.get('image') as File
    expect(new Uint8Array(await image.arrayBuffer())).toEqual(JPEG)
  })

  it('keeps the type it was given when its bytes are of no known kind', async () => {
    const { server, muster } = context
    server.will(finished(aJob('liveness')), finished(aJob('liveness')))
    await muster().liveness({ image: new Blob(['strange'], { type: 'image/heic' }) })
    await muster().liveness({ image: Buffer.from('strange') })
    const forms = await Promise.all(server.requests.map((request) => request.form()))
    expect(forms.map((form) => (form.get('image') as File).type)).toEqual(['image/heic', 'application/octet-stream'])
  })
})

describe('a picture that cannot be sent', () => {
  const broken = async function* () {
    yield JPEG
    throw new Error('disk gone')
  }
  const strings = async function* () {
    yield 'text' as unknown as Uint8Array
  }
  it.each<[string, () => unknown, string, RegExp]>([
    ['a file that is not there', () => join(folder, 'john_doe.jpg'), 'PICTURE_NOT_READ', /^image: .*\(ENOENT\)$/],
    ['a picture passed as text', () => `data:image/png;base64,${base64}`, 'PICTURE_NOT_READ', /pass base64 text as/],
    ['a long text', () => base64.repeat(999), 'PICTURE_NOT_READ', /pass base64 text as/],
    ['text that is not base64', () => ({ base64: 'jane doe!' }), 'PICTURE_NOT_READ', /is not base64$/],
    ['a stream that breaks off', broken, 'PICTURE_NOT_READ', /stream broke off/],
    ['a stream of text', strings, 'PICTURE_NOT_READ', /does not yield bytes$/],
    ['nothing', () => undefined, 'PICTURE_NOT_READ', /it is missing/],
    ['null', () => null, 'PICTURE_NOT_READ', /it is missing/],
    ['a number', () => 5, 'PICTURE_NOT_READ', /it is missing/],
    ['an empty file', () => join(folder, 'empty.jpg'), 'PICTURE_EMPTY', /is empty/],
    ['empty bytes', () => new Uint8Array(), 'PICTURE_EMPTY', /is empty/],
    ['too many bytes', () => new Uint8Array(101), 'PICTURE_TOO_LARGE', /more than 100 bytes$/],
    ['too large a Blob', () => new Blob([new Uint8Array(101)]), 'PICTURE_TOO_LARGE', /more than 100 bytes$/],
    [
      'an endless stream',
      () => new ReadableStream({ pull: (to) => to.enqueue(JPEG) }),
      'PICTURE_TOO_LARGE',
      /more than/,
    ],
  ])('is refused before anything is sent: %s', async (_, make, code, message) => {
    const { server, muster } = context
    const thrown = await rejection(muster({ maxPictureBytes: 100 }).liveness({ image: make() as Picture }))
    expect(thrown).toBeInstanceOf(PictureError)
    expect(thrown).toMatchObject({ name: 'PictureError', code, picture: 'image', retryable: false })
    expect((thrown as Error).message).toMatch(message)
    expect((thrown as Error).message).not.toMatch(/_doe|muster-client-/)
    expect(server.requests).toHaveLength(0)
  })

  it('is refused by a rejection, never by a throw, even when there is no input at all', async () => {
    const muster = context.muster() as unknown as { liveness(): Promise<unknown> }
    expect(await rejection(muster.liveness())).toBeInstanceOf(TypeError)
  })

  it('is refused when its path is that of a folder', async () => {
    const thrown = await rejection(context.muster().liveness({ image: folder }))
    expect(thrown).toMatchObject({ code: 'PICTURE_NOT_READ', message: 'image: the file cannot be read (EISDIR)' })
  })

  it('is refused when its file is too large, without reading it', async () => {
    const path = join(folder, 'jane_doe.txt')
    const thrown = await rejection(context.muster({ maxPictureBytes: 5 }).liveness({ image: path }))
    expect(thrown).toMatchObject({ code: 'PICTURE_TOO_LARGE' })
  })

  it('is refused as empty when its stream was read before', async () => {
    const stream = Readable.from([Buffer.from(JPEG)])
    for await (const _ of stream);
    expect(await rejection(context.muster().liveness({ image: stream }))).toMatchObject({ code: 'PICTURE_EMPTY' })
  })

  it('ends the stream it was reading from', async () => {
    let canceled = false
    const stream = new ReadableStream<Uint8Array>({
      pull: (to) => to.enqueue(JPEG),
      cancel: () => {
        canceled = true
      },
    })
    await rejection(context.muster({ maxPictureBytes: 100 }).liveness({ image: stream }))
    expect(canceled).toBe(true)
  })
})

describe('contentTypeOf', () => {
  it.each([
    [JPEG, 'image/jpeg'],
    [PNG, 'image/png'],
    [Buffer.from('RIFF0000WEBP'), 'image/webp'],
    [Buffer.from('RIFF0000WAVE'), undefined],
    [Buffer.from('%PDF-1.7 abc'), undefined],
    [new Uint8Array(), undefined],
    [Uint8Array.from([0xff, 0xd8]), undefined],
  ])('knows a kind by its first bytes (%#)', (head, type) => {
    expect(contentTypeOf(head)).toBe(type)
  })
})
