import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { AnAllocation, AnEngine } from './an-allocation.ts'

const REAP = join(import.meta.dirname, '../../../nomad/raw-exec-compose/reap.sh')
const open: (AnAllocation | AnEngine)[] = []
const servers: Server[] = []

afterEach(async () => {
  for (const one of open.splice(0).sort((a) => (a instanceof AnEngine ? 1 : -1))) await one.destroy()
  for (const server of servers.splice(0)) server.close()
})

/** Containers whose task and its executor were killed. */
const orphans = async (engine: AnEngine, count = 1): Promise<readonly string[]> => {
  const ids: string[] = []
  for (let made = 1; made <= count; made += 1) {
    const allocation = await AnAllocation.start(engine, {
      WORKERS_COUNT: '1',
      WORKERS_STOP_MS: '1000',
      WORKER_GRACE_MS: '900',
    })
    open.push(allocation)
    await engine.healthy(made)
    await allocation.kill()
    ids.push(allocation.id)
  }
  return ids
}

const anEngine = (): AnEngine => {
  const engine = new AnEngine()
  open.push(engine)
  return engine
}

/** A Nomad that answers for allocations as its API does. */
const aNomad = async (answers: Readonly<Record<string, { readonly status: number; readonly body: string }>>) => {
  const tokens: (string | undefined)[] = []
  const server = createServer(({ url = '', headers }, response) => {
    tokens.push(headers['x-nomad-token'] as string | undefined)
    const { status, body } = answers[url.replace('/v1/allocation/', '')] ?? { status: 404, body: 'alloc not found' }
    response.writeHead(status).end(body)
  }).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, tokens }
}

const allocationThatIs = (status: string) => ({
  status: 200,
  body: JSON.stringify({ ID: 'x', ClientStatus: status, DesiredStatus: 'run', Name: 'muster-workers.ocr[0]' }),
})

const reap = async (engine: AnEngine, env: Record<string, string>, ...args: string[]) => {
  const child = spawn(REAP, args, {
    env: { ...engine.env, WORKERS_STOP_MS: '1000', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const [code] = await once(child, 'exit')
  return { code: code as number, said }
}

describe('the reaper of a node', () => {
  it('ends containers whose allocation is gone, and leaves those of a living one alone', async () => {
    const engine = anEngine()
    const [alive = '', ended = ''] = await orphans(engine, 2)
    const { url, tokens } = await aNomad({
      [alive]: allocationThatIs('running'),
      [ended]: allocationThatIs('complete'),
    })
    expect(await reap(engine, { NOMAD_ADDR: url, NOMAD_TOKEN: 'a token' })).toMatchObject({ code: 0 })
    expect(engine.containers('worker')).toMatchObject([{ labels: { 'muster.alloc': alive } }])
    expect(new Set(tokens)).toEqual(new Set(['a token']))
  })

  it.each([
    ['that Nomad has forgotten', {}, 0, 0],
    ['that was cut off from its servers', { body: allocationThatIs('unknown') }, 1, 1],
    ['of which Nomad does not want to tell', { body: { status: 403, body: 'Permission denied' } }, 1, 1],
    ['of which somebody else at that address knows nothing', { body: { status: 404, body: 'not found' } }, 1, 1],
    ['of which Nomad cannot tell', { body: { status: 500, body: 'No cluster leader' } }, 1, 1],
  ])(
    'knows what to do with an allocation %s',
    async (_what, { body }: { body?: ReturnType<typeof allocationThatIs> }, code, left) => {
      const engine = anEngine()
      const [id = ''] = await orphans(engine)
      const { url } = await aNomad(body ? { [id]: body } : {})
      expect((await reap(engine, { NOMAD_ADDR: url })).code).toBe(code)
      expect(engine.containers('worker')).toHaveLength(left)
    },
  )

  it('leaves all alone while Nomad does not answer', async () => {
    const engine = anEngine()
    await orphans(engine)
    const { code, said } = await reap(engine, { NOMAD_ADDR: 'http://127.0.0.1:1' })
    expect([code, said]).toEqual([1, expect.stringContaining('left alone, nobody says whether it lives')])
    expect(engine.containers('worker')).toHaveLength(1)
  })

  it('takes a list in place of Nomad', async () => {
    const engine = anEngine()
    const [alive = '', gone = ''] = await orphans(engine, 2)
    const list = join(engine.dir, 'list')
    writeFileSync(list, `${randomUUID()}\n${alive}\n`)
    expect((await reap(engine, {}, '--live', list)).code).toBe(0)
    expect(engine.containers('worker')).toMatchObject([{ labels: { 'muster.alloc': alive } }])
    expect(gone).not.toBe(alive)
  })

  it('leaves all alone when the list is empty: it may be one that could not be made', async () => {
    const engine = anEngine()
    await orphans(engine)
    expect(await reap(engine, {}, '--live', '/dev/null')).toEqual({
      code: 1,
      said: 'muster: left alone, the list is empty\n',
    })
    expect(engine.containers('worker')).toHaveLength(1)
  })

  it('says so when the engine does not answer, and when it is not asked as it should be', async () => {
    const engine = anEngine()
    engine.is('down')
    expect(await reap(engine, {})).toEqual({ code: 1, said: 'muster: the docker engine does not answer\n' })
    expect((await reap(engine, {}, '--dead')).code).toBe(64)
  })
})
