import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { connect } from 'amqplib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAuditLog } from '../../../infra/postgres/audit-log.ts'
import { createJobStore } from '../../../infra/postgres/job-store.ts'
import { migrate } from '../../../infra/postgres/migrate.ts'
import { type Database, openPool } from '../../../infra/postgres/pool.ts'
import { setUpBroker } from '../../../infra/rabbitmq/set-up.ts'
import { DEAD_EXCHANGE, DEAD_QUEUE } from '../../../infra/rabbitmq/topology.ts'
import { aClaim, aNewJob } from '../../fixtures/jobs.ts'
import { silence } from '../../fixtures/silence.ts'

const MUSTER = fileURLToPath(new URL('../../../scripts/muster.ts', import.meta.url))
const { DATABASE_URL = '', RABBITMQ_URL = '' } = process.env
const dir = mkdtempSync(join(tmpdir(), 'muster-operating-'))
let db: Database

beforeAll(async () => {
  await migrate(DATABASE_URL, silence().log)
  await setUpBroker(RABBITMQ_URL, ['face-match', 'liveness', 'ocr'])
  db = openPool({ url: DATABASE_URL, maxCount: 2 })
})
afterAll(async () => {
  await db.end()
  rmSync(dir, { recursive: true })
})

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const muster = (...args: readonly string[]): Promise<Ended> =>
  promisify(execFile)(process.execPath, [MUSTER, '--dir', dir, ...args]).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: Ended) => error,
  )

const kill = async (body: string, reason: string): Promise<void> => {
  const model = await connect(RABBITMQ_URL)
  const channel = await model.createConfirmChannel()
  channel.publish(DEAD_EXCHANGE, '', Buffer.from(body), { headers: { 'x-muster-reason': reason }, persistent: true })
  await channel.waitForConfirms()
  await model.close()
}

describe('./muster audit', () => {
  it('lists, verifies, and tells that a trail is not the one whose head was kept', async () => {
    const tenant = `tenant-${crypto.randomUUID().slice(0, 8)}`
    await createAuditLog(db).record({ actor: 'k', channel: 'api', action: 'sensitive_read', tenant, target: 'job' })
    const listed = await muster('audit', 'list', '--tenant', tenant, '--json')
    expect(JSON.parse(listed.stdout)).toMatchObject([{ actor: 'k', action: 'sensitive_read', target: 'job' }])

    const first = await muster('audit', 'verify')
    expect([first.code, first.stdout]).toEqual([0, expect.stringMatching(/^\d+ [0-9a-f]{64}\n$/)])
    const anchor = join(dir, 'head.txt')
    writeFileSync(anchor, first.stdout)
    await createAuditLog(db).record({ actor: 'k', channel: 'api', action: 'sensitive_read', tenant, target: 'job' })
    expect((await muster('audit', 'verify', '--anchor', anchor)).code).toBe(0)

    const other = await muster('audit', 'verify', '--head', 'f'.repeat(64))
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('cut off')])
    expect((await muster('audit', 'verify', '--head', 'nonsense')).code).toBe(2)
  })
})

describe('./muster dlq', () => {
  it('tries a job again that was given up, keeps what nobody can read, and purges it', async () => {
    const model = await connect(RABBITMQ_URL)
    await (await model.createChannel()).purgeQueue(DEAD_QUEUE)
    await model.close()
    const jobs = createJobStore(db)
    const { job } = await jobs.insert(aNewJob())
    while ((await jobs.claim(aClaim(job.id, { takeOver: true }))).kind === 'claimed');
    const { id, tenant, task, lane, deadline } = job
    await kill(JSON.stringify({ v: 1, id, tenant, task, lane, deadline, attempt: 2 }), 'exhausted')
    await kill('junk', 'unreadable')

    const listed = JSON.parse((await muster('dlq', 'list', '--json')).stdout) as { id: string; reason: string }[]
    expect(listed).toMatchObject([{ id, reason: 'exhausted' }, { reason: 'unreadable' }])
    expect((await muster('dlq', 'redrive', id, '--dry-run')).code).toBe(0)
    expect(await jobs.find(tenant, id)).toMatchObject({ state: 'failed' })

    const redriven = await muster('dlq', 'redrive', '--all')
    expect([redriven.code, redriven.stdout]).toEqual([1, expect.stringContaining(`${id}  queued again`)])
    expect(await jobs.find(tenant, id)).toMatchObject({ state: 'queued' })
    const trail = await createAuditLog(db).list({ tenant, limit: 5 })
    expect(trail).toMatchObject([{ action: 'dead_letter_redriven', target: id, channel: 'cli' }])

    const [, unreadable = { id: '' }] = listed
    expect((await muster('dlq', 'purge', unreadable.id)).code).toBe(0)
    expect((await muster('dlq', 'list', '--json')).stdout).toBe('[]\n')
    expect((await muster('dlq', 'redrive', unreadable.id)).code).toBe(3)
    expect((await muster('dlq', 'redrive')).code).toBe(2)
  })
})

describe('./muster doctor', () => {
  it('prints findings for programs, and says by its exit code what they mean', async () => {
    const { code, stdout } = await muster('doctor', '--json')
    const { wrongCount, findings } = JSON.parse(stdout) as { wrongCount: number; findings: { state: string }[] }
    expect(wrongCount).toBe(findings.filter(({ state }) => state === 'problem').length)
    expect(code).toBe(wrongCount === 0 ? 0 : 1)
    expect((await muster('doctor', '--offline')).stdout).toMatch(/^CHECK +STATE +DETAIL/)
  })
})
