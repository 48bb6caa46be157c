import { randomBytes } from 'node:crypto'
import { expect, it, vi } from 'vitest'
import type { SignedUpload } from '../../infra/ports/blob-store.ts'
import { aPrefix, type BlobStoreBench, type BlobStoreTraits } from './blob-store-bench.ts'

const LIMITS = { contentType: 'image/jpeg', maxBytes: 10_000, ttlMs: 60_000 } as const

/** Do what a caller does with a signed upload, exactly as it says. */
export const performUpload = (signed: SignedUpload, body: Uint8Array): Promise<Response> => {
  const { url, method, headers } = signed
  if (method === 'PUT') return fetch(url, { method, headers, body: Buffer.from(body) })
  const form = new FormData()
  for (const [name, value] of Object.entries(signed.fields ?? {})) form.append(name, value)
  form.append('file', new Blob([Buffer.from(body)]))
  return fetch(url, { method, headers, body: form })
}

/** Put another text wherever this one stands: address, headers, fields. */
const exchange = (signed: SignedUpload, from: string, to: string): SignedUpload => {
  const change = (text: string) =>
    text.replaceAll(from, to).replaceAll(encodeURIComponent(from), encodeURIComponent(to))
  const changeAll = (all: Readonly<Record<string, string>> = {}) =>
    Object.fromEntries(Object.entries(all).map(([name, value]) => [name, change(value)]))
  const changed = { ...signed, url: change(signed.url), headers: changeAll(signed.headers) }
  return signed.fields ? { ...changed, fields: changeAll(signed.fields) } : changed
}

const expectRefused = async (answer: Promise<Response>) => {
  const { status } = await answer
  expect(status).toBeGreaterThanOrEqual(400)
  expect(status).toBeLessThan(500)
}

/** Uploads that by-pass the api's request, performed over HTTP. */
export const describeSignedUploads = (bench: () => BlobStoreBench, { verifiesUploads }: BlobStoreTraits): void => {
  it('lets whoever holds a signed upload put that object', async () => {
    const store = bench().open()
    const key = `${aPrefix()}/upload`
    const body = randomBytes(LIMITS.maxBytes)
    const signed = await store.signUpload(key, LIMITS)
    expect(signed.expiresAt - Date.now()).toBeGreaterThan(55_000)
    expect(signed.expiresAt - Date.now()).toBeLessThan(65_000)
    const answer = await performUpload(signed, body)
    expect([200, 201, 204]).toContain(answer.status)
    expect(Buffer.compare(await store.get(key), body)).toBe(0)
    expect(await store.head(key)).toMatchObject({ bytes: body.length, contentType: LIMITS.contentType })
  })

  if (!verifiesUploads) return

  it('refuses an upload of more bytes than were signed', async () => {
    const store = bench().open()
    const key = `${aPrefix()}/large`
    const signed = await store.signUpload(key, LIMITS)
    const larger = randomBytes(LIMITS.maxBytes + 1)
    await expectRefused(performUpload(signed, larger))
    await expectRefused(performUpload(exchange(signed, String(LIMITS.maxBytes), '99999'), larger))
    expect(await store.head(key)).toBeUndefined()
  })

  it('refuses an upload under another key or of another type', async () => {
    const store = bench().open()
    const prefix = aPrefix()
    const signed = await store.signUpload(`${prefix}/mine`, LIMITS)
    await expectRefused(performUpload(exchange(signed, '/mine', '/other'), randomBytes(100)))
    await expectRefused(performUpload(exchange(signed, 'image/jpeg', 'text/html'), randomBytes(100)))
    expect(await store.head(`${prefix}/other`)).toBeUndefined()
    expect(await store.head(`${prefix}/mine`)).toBeUndefined()
  })

  it('refuses an upload with another signature, or with none', async () => {
    const store = bench().open()
    const key = `${aPrefix()}/forged`
    const signed = await store.signUpload(key, LIMITS)
    const text = JSON.stringify(signed)
    const signature = /[sS]ignature(?:=|":")([A-Za-z0-9_-]{20,})/.exec(text)?.[1] ?? ''
    expect(signature).not.toBe('')
    const flipped = (signature.startsWith('a') ? 'b' : 'a') + signature.slice(1)
    for (const forged of [flipped, ''])
      await expectRefused(performUpload(exchange(signed, signature, forged), randomBytes(100)))
    expect(await store.head(key)).toBeUndefined()
  })

  it('refuses an upload after its time', async () => {
    const store = bench().open()
    const signed = await store.signUpload(`${aPrefix()}/late`, { ...LIMITS, ttlMs: 1_000 })
    await vi.waitFor(() => expectRefused(performUpload(signed, randomBytes(100))), { timeout: 15_000, interval: 200 })
    expect(Date.now()).toBeGreaterThanOrEqual(signed.expiresAt - 1_000)
  })
}
