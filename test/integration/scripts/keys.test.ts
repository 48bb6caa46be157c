import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, expect, it } from 'vitest'
import { parseApiKey } from '../../../infra/http/api-key.ts'
import { migrate } from '../../../infra/postgres/migrate.ts'
import { silence } from '../../fixtures/silence.ts'

const MUSTER = fileURLToPath(new URL('../../../scripts/muster.ts', import.meta.url))
const tenant = `tenant-${crypto.randomUUID().slice(0, 8)}`

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const muster = (...args: readonly string[]): Promise<Ended> =>
  promisify(execFile)(process.execPath, [MUSTER, 'keys', ...args]).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: Ended) => error,
  )

beforeAll(() => migrate(process.env.DATABASE_URL as string, silence().log))

it('prints a new key alone, lists it without its secret, and revokes it', async () => {
  const made = await muster('create', '--tenant', tenant, '--name', 'test', '--expires', '90d')
  const key = made.stdout.trim()
  const { keyId, secret } = parseApiKey(key) ?? { keyId: '', secret: 'none' }
  expect([made.code, made.stdout]).toEqual([0, `${key}\n`])
  expect(made.stderr).toContain(`muster keys revoke ${keyId}`)
  expect(made.stderr).not.toContain(secret)

  const listed = await muster('list', '--tenant', tenant)
  expect(listed.stdout).toMatch(new RegExp(`^${keyId} +${tenant} +test +submitter +valid +\\d{4}-`, 'm'))
  expect(listed.stdout).not.toContain(secret)

  expect((await muster('revoke', keyId)).code).toBe(0)
  const after = JSON.parse((await muster('list', '--tenant', tenant, '--json')).stdout) as { revokedAt: string }[]
  expect(after).toMatchObject([{ keyId, tenant, revokedAt: expect.stringMatching(/Z$/) }])
  expect((await muster('revoke', keyId)).code).toBe(3)
})

it('says what is wrong with a command', async () => {
  const wrong = await muster('create', '--tenant', 'a/b', '--name', 'x')
  expect([wrong.code, wrong.stdout]).toEqual([2, ''])
  expect(wrong.stderr).toContain('tenant')
})

it('makes a key with rights, and replaces it by one with the same', async () => {
  const rights = ['--role', 'viewer', '--scope', 'ocr', 'liveness']
  const made = await muster('create', '--tenant', tenant, '--name', 'limited', ...rights, '--json')
  const { keyId } = JSON.parse(made.stdout) as { keyId: string }
  expect(JSON.parse(made.stdout)).toMatchObject({
    role: 'viewer',
    scopes: ['ocr', 'liveness'],
    createdBy: expect.stringMatching(/^cli:./),
  })
  const rotated = await muster('rotate', keyId, '--grace', '1h', '--json')
  expect(JSON.parse(rotated.stdout)).toMatchObject({ role: 'viewer', scopes: ['ocr', 'liveness'], rotatedFrom: keyId })
  expect((await muster('rotate', keyId)).code).toBe(3)
  const wrong = await muster('create', '--tenant', tenant, '--name', 'x', '--role', 'admin', '--scope', 'ocr')
  expect([wrong.code, wrong.stdout]).toEqual([2, ''])
})
