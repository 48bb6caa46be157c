import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Storage } from '@google-cloud/storage'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { StorageDeniedError } from '../../../../infra/domain/errors.ts'
import { createGcsBlobStore } from '../../../../infra/object-storage/gcs.ts'
import { systemClock } from '../../../../infra/runtime/clock.ts'
import { describeBlobStore } from '../../../contract/blob-store.ts'
import { startGcsServer } from '../../../fakes/gcs-server.ts'

const BUCKET = 'pictures'
const CLIENT_EMAIL = 'muster@test.iam.gserviceaccount.com'
const HOUR_MS = 3_600_000

/** Found where Google's client looks for it, and already holding a token, so that nobody asks Google for one. */
const anIdentity = async (accessToken: string) => {
  const { authClient } = new Storage()
  const client = await authClient.getClient()
  client.setCredentials({ access_token: accessToken, expiry_date: Date.now() + HOUR_MS })
  return authClient
}

const startPlace = async () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const folder = await mkdtemp(join(tmpdir(), 'muster-gcs-'))
  const keyFile = { type: 'service_account', client_email: CLIENT_EMAIL, private_key: privateKey, project_id: 'test' }
  await writeFile(join(folder, 'key.json'), JSON.stringify(keyFile))
  vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', join(folder, 'key.json'))
  const account = { clientEmail: CLIENT_EMAIL, publicKey, accessToken: 'good' }
  const server = await startGcsServer(account, BUCKET)
  const [good, bad] = [await anIdentity('good'), await anIdentity('bad')]
  const close = async () => {
    await server.close()
    await rm(folder, { recursive: true })
    vi.unstubAllEnvs()
  }
  return { endpoint: server.endpoint, close, good, bad }
}

const LIMITS = { contentType: 'image/png', maxBytes: 10, ttlMs: 60_000 }
const COMMON = { bucket: BUCKET, timeoutMs: 10_000, listPageCount: 3, clock: systemClock }

describeBlobStore(
  'gcs, a strict server',
  async () => {
    const { endpoint, close, good, bad } = await startPlace()
    return {
      endpoint,
      close,
      open: (changes = {}) =>
        createGcsBlobStore({
          ...COMMON,
          bucket: changes.missingBucket ? 'muster-no-such-bucket' : BUCKET,
          endpoint: changes.endpoint ?? endpoint,
          authClient: changes.wrongCredentials ? bad : good,
          timeoutMs: changes.timeoutMs ?? COMMON.timeoutMs,
        }),
    }
  },
  { remote: true, verifiesKeys: true, verifiesUploads: true },
)

describe('the gcs driver', () => {
  it("understands Google's own client and is understood by it", async () => {
    const { endpoint, close, good } = await startPlace()
    onTestFinished(close)
    const store = createGcsBlobStore({ ...COMMON, endpoint, authClient: good })
    const google = new Storage({ apiEndpoint: endpoint, authClient: good, useAuthWithCustomEndpoint: true })
    const bucket = google.bucket(BUCKET)
    await store.put('ours/1', Buffer.from('from us'), 'image/png')
    await bucket.file('theirs/1').save(Buffer.from('from them'), { resumable: false, contentType: 'image/webp' })
    expect(String(await bucket.file('ours/1').download())).toBe('from us')
    expect((await bucket.file('ours/1').getMetadata())[0]).toMatchObject({ contentType: 'image/png', size: '7' })
    expect(Buffer.from(await store.get('theirs/1')).toString()).toBe('from them')
    expect(await store.head('theirs/1')).toMatchObject({ contentType: 'image/webp', bytes: 9 })
    expect((await bucket.getFiles())[0].map(({ name }) => name)).toEqual(['ours/1', 'theirs/1'])
  })

  it('says denied when there are no credentials, or none that can be read', async () => {
    vi.stubEnv('METADATA_SERVER_DETECTION', 'none') // looks for no server of Google's
    for (const path of ['/nowhere/key.json', 'package.json']) {
      vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', path)
      for (const store of [createGcsBlobStore(COMMON), createGcsBlobStore({ ...COMMON, keyFile: path })]) {
        await expect(store.get('a')).rejects.toBeInstanceOf(StorageDeniedError)
        await expect(store.signUpload('a', LIMITS)).rejects.toBeInstanceOf(StorageDeniedError)
      }
    }
    vi.unstubAllEnvs()
  })

  it('acts for the service account of a key it is given as such', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
    const key = { type: 'service_account', client_email: 'robot@project.example', private_key: pem }
    const signed = await createGcsBlobStore({ ...COMMON, key }).signUpload('a', LIMITS)
    expect(new URL(signed.url).searchParams.get('X-Goog-Credential')).toContain('robot@project.example/')
  })

  it('sends no credentials to a server elsewhere unless told whose', async () => {
    const { endpoint, close } = await startPlace()
    onTestFinished(close)
    const store = createGcsBlobStore({ ...COMMON, endpoint })
    await expect(store.get('a')).rejects.toMatchObject({ code: 'STORAGE_DENIED', cause: { status: 401 } })
  })
})
