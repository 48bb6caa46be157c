import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readSecretFile } from '../../../../infra/runtime/secret-file.ts'
import { withSecretsInFiles } from '../../../../scripts/stack/secret-files.ts'

let dir: string
beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'muster-secret-files-')), 'secrets')
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

it('moves secrets into files that only their owner can read, and leaves the rest', () => {
  const env = withSecretsInFiles(dir, {
    DATABASE_URL: 'postgres://u:p@h/d',
    UPLOAD_SECRET: 's',
    API_PORT: '1',
    EMPTY: '',
  })
  expect(env).toEqual({
    API_PORT: '1',
    EMPTY: '',
    DATABASE_URL_FILE: join(dir, 'DATABASE_URL'),
    UPLOAD_SECRET_FILE: join(dir, 'UPLOAD_SECRET'),
  })
  expect(readSecretFile(env.DATABASE_URL_FILE as string)).toBe('postgres://u:p@h/d')
  expect(statSync(env.UPLOAD_SECRET_FILE as string).mode & 0o777).toBe(0o600)
})

it('lets a value win over a file, as the services do, and keeps a file alone', () => {
  const given = { REDIS_URL: 'redis://new', REDIS_URL_FILE: '/old', RABBITMQ_URL_FILE: '/given' }
  const env = withSecretsInFiles(dir, given)
  expect(env).toEqual({ REDIS_URL_FILE: join(dir, 'REDIS_URL'), RABBITMQ_URL_FILE: '/given' })
  expect(readFileSync(env.REDIS_URL_FILE as string, 'utf8')).toBe('redis://new\n')
})
