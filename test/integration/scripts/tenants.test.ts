import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, expect, it } from 'vitest'
import { migrate } from '../../../infra/postgres/migrate.ts'
import { silence } from '../../fixtures/silence.ts'

const MUSTER = fileURLToPath(new URL('../../../scripts/muster.ts', import.meta.url))
const tenant = `tenant-${crypto.randomUUID().slice(0, 8)}`

const muster = (...args: readonly string[]): Promise<{ readonly code: number; readonly stdout: string }> =>
  promisify(execFile)(process.execPath, [MUSTER, 'tenants', ...args]).then(
    ({ stdout }) => ({ code: 0, stdout }),
    (error: { code: number; stdout: string }) => error,
  )

beforeAll(() => migrate(process.env.DATABASE_URL as string, silence().log))

it('settles what is named, keeps the rest, goes back to defaults, and lists it', async () => {
  const first = await muster('set', tenant, '--weight', '2', '--picture-ttl', '12h', '--json')
  expect(JSON.parse(first.stdout)).toEqual({ name: tenant, settings: { weight: 2, pictureTtlMs: 43_200_000 } })
  const second = await muster('set', tenant, '--weight', 'default', '--max-in-flight', '50', '--json')
  expect(JSON.parse(second.stdout)).toEqual({
    name: tenant,
    settings: { maxInFlightCount: 50, pictureTtlMs: 43_200_000 },
  })
  const { stdout } = await muster('list')
  expect(stdout).toMatch(/^TENANT +WEIGHT +MAX IN FLIGHT +RATE +BURST +PICTURE TTL +RESULT TTL$/m)
  expect(stdout).toMatch(new RegExp(`^${tenant} +\\(1\\) +50 +\\(500\\) +\\(2000\\) +12h +\\(30d\\)$`, 'm'))
})

it('refuses what cannot be settled', async () => {
  expect((await muster('set', tenant)).code).toBe(2)
  expect((await muster('set', 'a/b', '--weight', '1')).code).toBe(2)
  expect((await muster('set', tenant, '--rate', 'many')).code).toBe(2)
})
