import { expect, it } from 'vitest'
import { findSecrets } from '../../../../scripts/support-bundle/secrets.ts'
import { aSecretFile } from '../../../fixtures/secret-files.ts'

const paths = {
  secrets: '/nonexistent/secrets',
  settings: '/nonexistent/settings',
  encryptionKeys: '/nonexistent/encryption-keys',
} as Parameters<typeof findSecrets>[1]

it('finds what stands in a list of headers, as it is sent', () => {
  const { path } = aSecretFile('authorization=Bearer%20traces-key,x-tenant=tempo')
  const found = findSecrets({ OTEL_EXPORTER_OTLP_HEADERS_FILE: path }, paths)
  expect(found).toEqual(expect.arrayContaining(['Bearer traces-key', 'traces-key', 'tempo']))
})
