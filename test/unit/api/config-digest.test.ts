import { expect, it } from 'vitest'
import { configDigest } from '../../../api/config-digest.ts'

const CONFIG = { API_PORT: 8080, DATABASE_URL: 'postgres://u:p@h/d', WEBHOOK_ALLOW: '' }

it('is another one when a value changes, or whether a secret is set', () => {
  expect(configDigest(CONFIG)).toMatch(/^[0-9a-f]{64}$/)
  expect(configDigest({ ...CONFIG, API_PORT: 8081 })).not.toBe(configDigest(CONFIG))
  expect(configDigest({ ...CONFIG, UPLOAD_SECRET: 's' })).not.toBe(configDigest(CONFIG))
})

it('does not tell secrets apart, nor the order of the variables', () => {
  expect(configDigest({ ...CONFIG, DATABASE_URL: 'postgres://other' })).toBe(configDigest(CONFIG))
  expect(configDigest(Object.fromEntries(Object.entries(CONFIG).toReversed()))).toBe(configDigest(CONFIG))
})
