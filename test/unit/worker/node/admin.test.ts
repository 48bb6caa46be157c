import { afterEach, describe, expect, it } from 'vitest'
import type { ToldState } from '../../../../infra/domain/fleet-node.ts'
import type { Logger } from '../../../../infra/ports/logger.ts'
import { type Admin, type AdminDeps, startAdmin } from '../../../../worker/node/admin.ts'
import type { CountChange } from '../../../../worker/node/supervisor.ts'

const report = { desired: 2, running: 2, ready: 1, leaving: 0 }
const open: Admin[] = []
const logged: string[] = []
const log: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: (_fields, message) => void logged.push(message),
  child: () => log,
}

interface Asked {
  readonly pool: string
  readonly count: number
}

const broken = { device: 'cuda', why: '3 faults within 10 min: cudnn', since: 0 } as const
const choices = [{ pool: 'ocr', count: 2, why: 'not measured' }]

interface World {
  readonly token?: string
  readonly change?: CountChange
  readonly metrics?: string
  readonly quarantined?: readonly (typeof broken)[]
  /** it is, in this state */
  readonly ready?: ToldState
}

const anAdmin = async ({ token, change, metrics, quarantined = [], ready }: World = {}) => {
  const asked: Asked[] = []
  const released: string[] = []
  const deps: AdminDeps = {
    log,
    supervisor: {
      ready: ready !== undefined,
      state: ready ?? 'starting',
      pools: () => new Map([['ocr', report]]),
      workers: () => [],
      quarantined: () => quarantined,
      release(device) {
        released.push(device)
        return quarantined.some((one) => one.device === device)
      },
      setCount(pool, count) {
        asked.push({ pool, count })
        return change ?? { kind: 'set', pool: { ...report, desired: count } }
      },
    },
    choices,
    metrics: {
      contentType: 'text/plain; version=0.0.4',
      text: () => (metrics === undefined ? Promise.reject(new Error('no metrics')) : Promise.resolve(metrics)),
    },
  }
  const admin = await startAdmin({ host: '127.0.0.1', port: 0, token }, deps)
  open.push(admin)
  const call = (method: string, path: string, body?: string, headers: Record<string, string> = {}) =>
    fetch(`http://127.0.0.1:${admin.port}${path}`, { method, headers, ...(body === undefined ? {} : { body }) })
  return { call, asked, released }
}

afterEach(async () => {
  logged.length = 0
  await Promise.all(open.splice(0).map((admin) => admin.close()))
})

describe('a change of the count', () => {
  it('reaches the supervisor and answers the pool', async () => {
    const { call, asked } = await anAdmin()
    const answer = await call('PUT', '/pools/ocr/count', '{"count":3}')
    expect([answer.status, await answer.json()]).toEqual([200, { pool: 'ocr', ...report, desired: 3 }])
    expect(asked).toEqual([{ pool: 'ocr', count: 3 }])
  })

  it.each(['', '3', 'null', '{}', '{"count":-1}', '{"count":1.5}', '{"count":"2"}', `{"count":2}${' '.repeat(2_000)}`])(
    'that is not one is refused: %s',
    async (body) => {
      const { call, asked } = await anAdmin()
      const answer = await call('PUT', '/pools/ocr/count', body)
      expect([answer.status, answer.headers.get('content-type')]).toEqual([400, 'application/problem+json'])
      expect(asked).toEqual([])
    },
  )

  it.each<[string, CountChange, number, string]>([
    ['an unknown pool', { kind: 'unknown-pool' }, 404, 'POOL_UNKNOWN'],
    ['too many', { kind: 'too-many', most: 4 }, 409, 'COUNT_TOO_HIGH'],
    ['a node that stops', { kind: 'stopping' }, 503, 'STOPPING'],
  ])('for %s is refused in words', async (_what, change, status, code) => {
    const { call } = await anAdmin({ change })
    const answer = await call('PUT', '/pools/ocr/count', '{"count":9}')
    expect([answer.status, await answer.json()]).toEqual([status, expect.objectContaining({ code, status })])
  })

  it.each([
    ['by a web page in a browser of this machine', undefined, { origin: 'http://127.0.0.1:9480' }, 403],
    ['without the token where one is set', 'a long enough token', {}, 403],
    ['with another token', 'a long enough token', { authorization: 'Bearer another token' }, 403],
    ['with the token', 'a long enough token', { authorization: 'Bearer a long enough token' }, 200],
  ])('%s is answered by its right', async (_what, token, headers, status) => {
    const { call, asked } = await anAdmin(token === undefined ? {} : { token })
    const answer = await call('PUT', '/pools/ocr/count', '{"count":1}', headers as Record<string, string>)
    expect([answer.status, asked.length]).toEqual([status, status === 200 ? 1 : 0])
  })
})

describe('what the node shows', () => {
  it.each([
    ['/workers', 200, { state: 'starting', pools: { ocr: report }, workers: [], quarantined: [], choices }],
    ['/pools/ocr/count', 200, { pool: 'ocr', ...report }],
    ['/pools/unknown/count', 404, expect.objectContaining({ code: 'POOL_UNKNOWN' })],
    ['/livez?verbose', 200, { status: 'ok' }],
    [
      '/readyz',
      503,
      { status: 'not ready', state: 'starting', pools: { ocr: report }, workers: [], quarantined: [], choices },
    ],
    ['/nonsense', 404, expect.objectContaining({ code: 'NOT_FOUND' })],
    ['//', 404, expect.objectContaining({ code: 'NOT_FOUND' })],
  ])('under %s', async (path, status, body) => {
    const { call } = await anAdmin()
    const answer = await call('GET', path)
    expect([answer.status, await answer.json()]).toEqual([status, body])
  })

  it.each([
    ['ready', 'ok'],
    ['drained', 'drained'],
  ] as const)('under /readyz: a node that is %s is as people want it', async (state, status) => {
    const { call } = await anAdmin({ ready: state })
    const answer = await call('GET', '/readyz')
    expect([answer.status, await answer.json()]).toEqual([200, { status }])
  })

  it('as metrics', async () => {
    const { call } = await anAdmin({ metrics: 'up 1\n' })
    const answer = await call('GET', '/metrics')
    expect([answer.headers.get('content-type'), await answer.text()]).toEqual(['text/plain; version=0.0.4', 'up 1\n'])
  })

  it('is an error, logged once, when it cannot be told', async () => {
    const { call } = await anAdmin()
    expect((await call('GET', '/metrics')).status).toBe(500)
    expect(logged).toEqual(['a request to the node failed'])
  })
})

describe('a quarantined device', () => {
  const shown = { ...broken, since: '1970-01-01T00:00:00.000Z' }

  it.each([
    ['/livez', 'so that the node is started elsewhere'],
    ['/readyz', 'so that it gets no traffic'],
  ])('fails %s with the reason, %s', async (path) => {
    const { call } = await anAdmin({ quarantined: [broken] })
    const answer = await call('GET', path)
    expect([answer.status, await answer.json()]).toEqual([
      503,
      expect.objectContaining({ status: 'quarantined', quarantined: [shown] }),
    ])
  })

  it('is released by a program of this machine, or by who shows the token', async () => {
    const { call, released } = await anAdmin({ quarantined: [broken] })
    const answer = await call('POST', '/devices/cuda/release')
    expect([answer.status, await answer.json()]).toEqual([200, { device: 'cuda', quarantined: false }])
    expect(released).toEqual(['cuda'])
    const other = await anAdmin({ quarantined: [broken], token: 'a long enough token' })
    expect((await other.call('POST', '/devices/cuda/release')).status).toBe(403)
    expect(other.released).toEqual([])
  })

  it('that is none is said to be none', async () => {
    const { call } = await anAdmin()
    const answer = await call('POST', '/devices/cuda/release')
    expect([answer.status, await answer.json()]).toEqual([
      404,
      expect.objectContaining({ code: 'DEVICE_NOT_QUARANTINED' }),
    ])
  })
})

describe('a listener', () => {
  it('whose port is taken says so', async () => {
    const first = await startAdmin({ host: '127.0.0.1', port: 0, token: undefined }, {} as AdminDeps)
    open.push(first)
    const second = startAdmin({ host: '127.0.0.1', port: first.port, token: undefined }, {} as AdminDeps)
    await expect(second).rejects.toMatchObject({ code: 'UNAVAILABLE', cause: { code: 'EADDRINUSE' } })
  })
})
