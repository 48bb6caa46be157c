import { expect, it, vi } from 'vitest'
import { startApi } from '../../../fixtures/api.ts'
import { PERSON } from '../../../fixtures/forms.ts'

const start = async () => {
  const api = await startApi(undefined, { maxPictureBytes: 200_000 })
  const sign = async () => {
    const payload = { contentType: 'image/jpeg' }
    const answer = await api.app.inject({ method: 'POST', url: '/v1/uploads', headers: api.auth, payload })
    expect(answer.statusCode).toBe(201)
    return answer.json() as {
      uploadId: string
      url: string
      method: 'PUT'
      headers: Record<string, string>
      expiresAt: string
    }
  }
  const put = (url: string, headers: Record<string, string>, payload: Buffer = PERSON) =>
    api.app.inject({ method: 'PUT', url: url.replace(/^https?:\/\/[^/]+/, ''), headers, payload })
  return { ...api, sign, put }
}

it('lets a picture in that a check then uses', async () => {
  const { app, auth, deps, sign, put } = await start()
  const { uploadId, url, method, headers, expiresAt } = await sign()
  expect(method).toBe('PUT')
  expect(new Date(expiresAt).getTime()).toBeGreaterThan(Date.now())
  expect((await put(url, headers)).statusCode).toBe(204)
  expect(Buffer.from(await deps.blobs.get(`uploads/${uploadId}/acme`)).equals(PERSON)).toBe(true)
  const check = await app.inject({
    method: 'POST',
    url: '/v1/liveness',
    headers: { ...auth, prefer: 'respond-async' },
    payload: { image: { uploadId } },
  })
  expect(check.statusCode).toBe(202)
})

it.each<[string, (url: string) => string]>([
  ['a changed key', (url) => url.replace(/key=uploads%2F[^%]+/, 'key=uploads%2F01934c2e-7b1a-7c3e-9d42-5f0a1b2c3d4e')],
  ['a later expiry', (url) => url.replace(/expires=\d+/, 'expires=99999999999')],
  ['a larger size', (url) => url.replace(/max=\d+/, 'max=99999999')],
  ['no signature', (url) => url.replace(/&signature=[^&]+/, '')],
  ['two keys', (url) => `${url}&key=uploads%2Fa%2Fb`],
  ['nothing', () => '/v1/uploads/content'],
])('refuses an upload with %s', async (_what, change) => {
  const { deps, sign, put } = await start()
  const { url, headers } = await sign()
  expect((await put(change(url), headers)).json()).toMatchObject({ status: 403, code: 'UPLOAD_DENIED' })
  expect(deps.blobs.keys()).toEqual([])
})

it('refuses an upload whose time is over', async () => {
  const { sign, put } = await start()
  const { url, headers, expiresAt } = await sign()
  vi.useFakeTimers({ now: new Date(expiresAt), toFake: ['Date'] })
  try {
    expect((await put(url, headers)).json()).toMatchObject({ status: 403, code: 'UPLOAD_DENIED' })
  } finally {
    vi.useRealTimers()
  }
})

it.each([
  ['of another type', { 'content-type': 'image/png' }, PERSON, 'UNSUPPORTED_MEDIA_TYPE'],
  ['of no type', {}, PERSON, 'UNSUPPORTED_MEDIA_TYPE'],
  ['over the size', { 'content-type': 'image/jpeg' }, Buffer.alloc(200_001), 'BODY_TOO_LARGE'],
  ['of nothing', { 'content-type': 'image/jpeg' }, Buffer.alloc(0), 'MALFORMED_BODY'],
])('refuses an upload %s', async (_what, headers, payload, code) => {
  const { deps, sign, put } = await start()
  const { url } = await sign()
  expect((await put(url, headers as Record<string, string>, payload)).json()).toMatchObject({ code })
  expect(deps.blobs.keys()).toEqual([])
})

it.each([
  ['a type that is no picture', { contentType: 'text/html' }, 'INVALID_REQUEST'],
  ['no type', {}, 'INVALID_REQUEST'],
  ['a place of its choice', { contentType: 'image/jpeg', key: 'pictures/x' }, 'INVALID_REQUEST'],
  ['no body', undefined, 'MALFORMED_BODY'],
])('signs no upload for %s', async (_what, payload, code) => {
  const { app, auth } = await start()
  const answer = await app.inject({ method: 'POST', url: '/v1/uploads', headers: auth, ...(payload && { payload }) })
  expect(answer.json()).toMatchObject({ status: 400, code })
})

it('takes no uploads for a store that takes them itself', async () => {
  const { app } = await startApi((deps) => ({ ...deps, uploadGate: undefined as never }))
  expect((await app.inject({ method: 'PUT', url: '/v1/uploads/content' })).statusCode).toBe(404)
})
