import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrate } from '../../../infra/postgres/migrate.ts'
import { createNodeStore } from '../../../infra/postgres/node-store.ts'
import { type Database, openPool } from '../../../infra/postgres/pool.ts'
import { aNodeDevice, aToldNode } from '../../fixtures/nodes.ts'
import { type OwnDatabase, ownDatabase } from '../../fixtures/own-database.ts'
import { silence } from '../../fixtures/silence.ts'

const MUSTER = fileURLToPath(new URL('../../../scripts/muster.ts', import.meta.url))
let own: OwnDatabase
let db: Database

beforeAll(async () => {
  own = await ownDatabase('nodes')
  await migrate(own.url, silence().log)
  db = openPool({ url: own.url, maxCount: 1 })
})
afterAll(async () => {
  await db?.end()
  await own?.drop()
})

const muster = (...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    const env = { ...process.env, DATABASE_URL: own.url, NO_COLOR: '1' }
    execFile(process.execPath, [MUSTER, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    )
  })

describe('nodes and drains on the command line', () => {
  it('say that there is none, list what there is, drain one and release it', async () => {
    const store = createNodeStore(db)
    expect(await muster('nodes')).toMatchObject({ code: 0, stdout: '', stderr: expect.stringContaining('no node') })
    await store.tell(aToldNode({ name: 'rack-7' }))
    const quarantine = { why: '3 faults: ecc', since: 0 }
    const broken = { state: 'quarantined', workers: [], devices: [aNodeDevice({ quarantine })] } as const
    await store.tell(aToldNode({ name: 'rack-8', ...broken }))

    const wish = ['drain', 'rack-7', '--reason', 'a fan is replaced', '--for', '90m']
    expect(await muster(...wish)).toMatchObject({
      ...{ code: 4, stdout: '' },
      stderr: expect.stringContaining('it must be forced: checks: no worker of it is left'),
    })
    expect((await store.list(9)).drains).toEqual([])
    const said = await muster(...wish, '--force')
    expect(said.code).toBe(0)
    expect(said.stdout).toMatch(
      /^rack-7: drained by cli:\S+ until .* UTC: a fan is replaced\nchecks: 1 worker of it stops/,
    )
    const { stdout } = await muster('nodes')
    const [header, first, second] = stdout.split('\n')
    expect(header).toMatch(/^NODE +STATE +ZONE +POOLS/)
    expect(first).toMatch(/^rack-7 +ready +a +checks +1\/1 +cuda 40 % .*drained by cli:/)
    expect(second).toMatch(/^rack-8 +quarantined .* cuda FAILED .*cuda failed: 3 faults: ecc/)
    expect(await muster('nodes', '--json')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('"reason": "a fan is replaced"'),
    })
    const released = await muster('drain', '--release', 'rack-7', '--reason', 'it turns again', '--json')
    expect(JSON.parse(released.stdout)).toMatchObject({ node: 'rack-7', drain: null })
    const trail = await own.sql<{ action: string }>('select action from audit_entry order by seq')
    expect(trail.map(({ action }) => action)).toEqual(['node_drained', 'node_released'])
  })

  it.each([
    [3, ['drain', 'rack-99', '--reason', 'r']],
    [2, ['drain', 'rack-7', '--reason', 'r', '--for', '31d']],
    [2, ['drain', 'rack-7', '--reason', 'r', '--for', '1h', '--release']],
    [2, ['drain', 'rack-7', '--reason', 'r', '--force', '--release']],
    [4, ['drain', 'rack-7', '--reason', 'r', '--for', '2d', '--force']],
  ])('end with %i: %j', async (code, args) => {
    expect((await muster(...args)).code).toBe(code)
  })
})
