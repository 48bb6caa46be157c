import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { migrate } from '../../../infra/postgres/migrate.ts'
import { type OwnDatabase, ownDatabase } from '../../fixtures/own-database.ts'
import { silence } from '../../fixtures/silence.ts'

const MUSTER = fileURLToPath(new URL('../../../scripts/muster.ts', import.meta.url))
const CONTRACT = ['0023_job_days.sql', '0023_job_days_cut.sql', '0026_job_days_guard.sql']

let own: OwnDatabase
beforeAll(async () => {
  own = await ownDatabase('cli')
  await migrate(own.url, silence().log, { contract: 'later' })
})
afterAll(() => own.drop())

interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Of the database alone: what the environment says of a broker is not meant. */
const muster = (...args: readonly string[]): Promise<Ran> => {
  const env = { ...process.env, DATABASE_URL: own.url, RABBITMQ_URL: '' }
  return promisify(execFile)(process.execPath, [MUSTER, '--dir', '/nonexistent', 'migrate', ...args], { env }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: Ran) => error,
  )
}

it('tells programs whether something waits, and changes nothing by that', async () => {
  const { code, stdout } = await muster('--status', '--json')
  expect(code).toBe(0)
  const status = { contract: 'waiting', contractsWaiting: CONTRACT, missing: [], changed: [] }
  expect(JSON.parse(stdout)).toEqual(status)
  expect(JSON.parse((await muster('--status', '--json')).stdout)).toEqual(status)
})

it('leaves what waits, and says how it is asked for', async () => {
  const { code, stderr } = await muster()
  expect(code).toBe(0)
  expect(stderr).toContain('nothing to do')
  expect(stderr).toContain('./muster migrate --contract')
})

it('refuses while an older release is connected, and names it', async () => {
  const old = new Client({ connectionString: own.url, application_name: 'muster worker' })
  await old.connect()
  try {
    const { code, stderr } = await muster('--contract')
    expect(code).toBe(1)
    expect(stderr).toContain('connected: muster worker')
    expect(JSON.parse((await muster('--status', '--json')).stdout).contract).toBe('waiting')
  } finally {
    await old.end()
  }
})

it('takes --json with --status alone', async () => {
  expect((await muster('--json')).code).toBe(2)
})
