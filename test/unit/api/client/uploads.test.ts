import { describe, expect, it } from 'vitest'
import { ConfigurationError, type SignedUpload, sendUpload } from '../../../../api/client/client.ts'
import { json, type Line, problem, reset, text } from './scripted-server.ts'
import { JPEG, PNG, rejection, useServer } from './setup.ts'

const context = useServer()

const uploadId = '7f8c1f0e-58d8-4b1a-9a54-0d3c8a1e2b6f'
const aSignedUpload = (url: string, overrides: Partial<SignedUpload> = {}): SignedUpload => ({
  uploadId,
  url: `${url}/store/a?signature=s`,
  method: 'PUT',
  headers: { 'content-type': 'image/jpeg', 'x-store-meta': 'kept' },
  expiresAt: '2026-11-20T09:05:00.000Z',
  ...overrides,
})

const signs =
  (overrides?: Partial<SignedUpload>): Line =>
  (response, request, url) =>
    json(201, aSignedUpload(url, overrides))(response, request, url)

describe('uploads.create', () => {
  it('puts the picture where the service says, and names it for later checks', async () => {
    const { server, muster } = context
    server.will(signs(), text(204, ''))
    expect(await muster().uploads.create(JPEG)).toEqual({ uploadId })
    const [sign, put] = server.requests
    expect(sign).toMatchObject({ method: 'POST', path: '/v1/uploads' })
    expect(sign?.json()).toEqual({ contentType: 'image/jpeg' })
    expect(put).toMatchObject({ method: 'PUT', path: '/store/a?signature=s' })
    expect(put?.headers).toMatchObject({ 'content-type': 'image/jpeg', 'x-store-meta': 'kept' })
    expect(put?.headers['content-length']).toBe(String(JPEG.length))
    expect(new Uint8Array(put?.body ?? [])).toEqual(JPEG)
  })

  it('never shows the API key to the store', async () => {
    const { server, muster } = context
    server.will(signs(), text(200, '<xml/>'))
    await muster().uploads.create(JPEG)
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer muster_live_test', undefined])
  })

  it('posts a form, fields first, to a store that wants one', async () => {
    const { server, muster } = context
    server.will(signs({ method: 'POST', headers: {}, fields: { key: 'a', policy: 'p' } }), text(204, ''))
    await muster().uploads.create(PNG)
    const form = (await server.requests[1]?.form()) ?? new FormData()
    expect([...form.keys()]).toEqual(['key', 'policy', 'file'])
    expect(form.get('policy')).toBe('p')
    expect(new Uint8Array(await (form.get('file') as File).arrayBuffer())).toEqual(PNG)
  })

  it('takes an address that is relative to the service', async () => {
    const { server, muster } = context
    server.will(signs({ url: '/v1/uploads/content?s=1' }), text(204, ''))
    await muster().uploads.create(JPEG)
    expect(server.requests[1]).toMatchObject({ path: '/v1/uploads/content?s=1' })
    expect(server.requests[1]?.headers.authorization).toBeUndefined()
  })

  it('sends the picture again when the store fails in passing', async () => {
    const { server, muster } = context
    server.will(problem(503), signs(), reset, text(503, 'SlowDown'), text(204, ''))
    expect(await muster().uploads.create(new Blob([JPEG]).stream())).toEqual({ uploadId })
    const puts = server.requests.filter(({ method }) => method === 'PUT')
    expect(puts.map(({ body }) => body.equals(JPEG))).toEqual([true, true, true])
  })

  it('passes on an upload that is one already, without asking anybody', async () => {
    const { server, muster } = context
    expect(await muster().uploads.create({ uploadId: 'u' })).toEqual({ uploadId: 'u' })
    expect(server.requests).toHaveLength(0)
  })

  it.each<[string, Line, string]>([
    ['a refusal of the store', text(403, '<Error/>'), 'PermissionDeniedError'],
    ['a picture that is too large for the store', text(413, ''), 'BadRequestError'],
  ])('throws for %s', async (_, line, name) => {
    const { server, muster } = context
    server.will(signs(), line)
    expect(await rejection(muster().uploads.create(JPEG))).toMatchObject({ name })
  })

  it.each<[string, unknown]>([
    ['no id', { url: 'http://127.0.0.1:1/' }],
    ['another method', { uploadId, url: 'http://127.0.0.1:1/', method: 'PATCH' }],
    ['nothing', null],
  ])('throws for a permission with %s', async (_, body) => {
    const { server, muster } = context
    server.will(json(201, body))
    expect(await rejection(muster().uploads.create(JPEG))).toMatchObject({ name: 'InvalidAnswerError' })
  })
})

describe('sendUpload', () => {
  it('uploads with a permission somebody else got, as a browser does', async () => {
    const { server, muster } = context
    server.will(signs(), text(204, ''))
    const signed: SignedUpload = JSON.parse(JSON.stringify(await muster().uploads.sign('image/jpeg')))
    expect(await sendUpload(signed, new File([JPEG], 'selfie.jpg'))).toEqual({ uploadId })
    expect(server.requests[1]?.body.equals(JPEG)).toBe(true)
    expect(server.requests[1]?.headers.authorization).toBeUndefined()
  })

  it('says when the permission has run out', async () => {
    const { server } = context
    server.will(problem(403, { code: 'UPLOAD_DENIED' }))
    const thrown = await rejection(sendUpload(aSignedUpload(server.url), JPEG))
    expect(thrown).toMatchObject({ name: 'PermissionDeniedError', code: 'UPLOAD_DENIED' })
  })

  it('refuses a permission that is none, and can be aborted', async () => {
    const { server } = context
    const signed = aSignedUpload(server.url)
    expect(await rejection(sendUpload({ ...signed, url: '/x' }, JPEG))).toBeInstanceOf(ConfigurationError)
    const aborted = sendUpload(signed, JPEG, { signal: AbortSignal.abort() })
    expect(await rejection(aborted)).toMatchObject({ name: 'AbortError' })
    expect(server.requests).toHaveLength(0)
  })
})
