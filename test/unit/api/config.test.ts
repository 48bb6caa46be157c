import { expect, it } from 'vitest'
import { apiConfig, apiRules } from '../../../api/config.ts'
import { loadConfig } from '../../../infra/runtime/config.ts'
import { TEST_KEYS } from '../../fixtures/encryption.ts'

const ENV = {
  DATABASE_URL: 'postgres://localhost/muster',
  RABBITMQ_URL: 'amqp://localhost',
  STORAGE_URL: 's3://bucket',
  ENCRYPTION_KEYS: TEST_KEYS,
}
const load = (env: Record<string, string> = {}) => loadConfig(apiConfig, { ...ENV, ...env }, apiRules)

it('needs a database, a broker and a store, and has an answer for everything else', () => {
  expect(load()).toMatchObject({
    API_HOST: '127.0.0.1',
    API_PORT: 8080,
    API_KEEP_ALIVE_MS: 72_000,
    API_DEADLINE_INTERACTIVE_MS: 60_000,
    API_DEADLINE_BULK_MS: 3_600_000,
  })
  expect(() => loadConfig(apiConfig, {}, apiRules)).toThrow(/DATABASE_URL[\s\S]*RABBITMQ_URL[\s\S]*STORAGE_URL/)
})

it.each([
  ['API_KEEP_ALIVE_MS', { API_KEEP_ALIVE_MS: '60000' }],
  ['API_SHUTDOWN_DELAY_MS', { API_SHUTDOWN_DELAY_MS: '25000' }],
  ['POOLS', { POOLS: 'gpu=faces' }],
  ['UPLOAD_SECRET', { STORAGE_URL: 'file:///pictures', API_PUBLIC_URL: 'http://localhost' }],
  ['UPLOAD_SECRET', { STORAGE_URL: 'file:///pictures', UPLOAD_SECRET: 'x'.repeat(32) }],
  ['UPLOAD_SECRET', { UPLOAD_SECRET: 'short' }],
  ['ENCRYPTION_KEYS', { ENCRYPTION_KEYS: '' }],
  ['ENCRYPTION_KEYS', { ENCRYPTION_KEYS: 'a:too-short=' }],
  ['ENCRYPTION', { ENCRYPTION: 'no' }],
  ['DATABASE_URL', { DATABASE_URL: 'mysql://localhost' }],
  ['API_PUBLIC_URL', { API_PUBLIC_URL: 'localhost' }],
])('refuses a wrong %s', (name, env) => {
  expect(() => load(env as unknown as Record<string, string>)).toThrow(name)
})

it('takes files as storage once it can sign uploads for them', () => {
  const env = { STORAGE_URL: 'file:///pictures', UPLOAD_SECRET: 'x'.repeat(32), API_PUBLIC_URL: 'http://localhost' }
  expect(load(env).STORAGE_URL).toBe('file:///pictures')
})
