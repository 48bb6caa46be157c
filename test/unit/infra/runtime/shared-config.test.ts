import { expect, it } from 'vitest'
import { sayRefused, storageOptions } from '../../../../infra/runtime/shared-config.ts'
import { aSecretFile, openSecrets } from '../../../fixtures/secret-files.ts'
import { silence } from '../../../fixtures/silence.ts'

const BOTH = { STORAGE_TIMEOUT_MS: 5_000, STORAGE_ACCESS_KEY: 'id', STORAGE_SECRET_KEY: 'secret' }

it('knows the credentials of storage as their files hold them now', () => {
  const [id, secret] = [aSecretFile('id'), aSecretFile('secret')]
  const { secrets, unusable } = openSecrets({ STORAGE_ACCESS_KEY_FILE: id.path, STORAGE_SECRET_KEY_FILE: secret.path })
  const { credentials } = storageOptions(BOTH, secrets)
  expect(credentials?.()).toEqual({ accessKeyId: 'id', secretAccessKey: 'secret' })
  id.write('next id')
  secret.write('next secret')
  secrets.look()
  expect(credentials?.()).toEqual({ accessKeyId: 'next id', secretAccessKey: 'next secret' })
  secret.write('')
  secrets.look()
  expect(credentials?.()).toEqual({ accessKeyId: 'next id', secretAccessKey: 'next secret' })
  expect(unusable()).toEqual({ STORAGE_ACCESS_KEY: 0, STORAGE_SECRET_KEY: 1 })
})

it("knows a service account's key as its file holds it now, and keeps the last one that is JSON", () => {
  const file = aSecretFile('{"client_email":"a"}')
  const { secrets } = openSecrets({})
  const { gcsKey, gcsKeyFile } = storageOptions({ STORAGE_TIMEOUT_MS: 1, STORAGE_GCS_KEY_PATH: file.path }, secrets)
  expect([gcsKeyFile, gcsKey?.()]).toEqual([file.path, { client_email: 'a' }])
  file.write('{"client_email":"b"}')
  secrets.look()
  expect(gcsKey?.()).toEqual({ client_email: 'b' })
  file.write('{"client_email":')
  secrets.look()
  expect(gcsKey?.()).toEqual({ client_email: 'b' })
})

it('has no credentials where none are given, and lasting ones without files', () => {
  expect(storageOptions({ STORAGE_TIMEOUT_MS: 1 })).toMatchObject({ credentials: undefined, gcsKey: undefined })
  expect(storageOptions(BOTH).credentials?.()).toEqual({ accessKeyId: 'id', secretAccessKey: 'secret' })
})

it('counts credentials that storage refuses', () => {
  const counted: unknown[] = []
  const { log, metrics } = silence()
  sayRefused(log, { ...metrics, count: (...what) => void counted.push(what) })
  expect(counted).toEqual([['secrets_refused', { reason: 'STORAGE' }]])
})
