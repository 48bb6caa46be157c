import { describe, expect, it } from 'vitest'
import type { ApiDeps } from '../../../../api/app.ts'
import { type Deps, startApi } from '../../../fixtures/api.ts'

const ask = async (url: string, overrides: (deps: Deps) => Partial<ApiDeps> = () => ({})) => {
  const { app } = await startApi(overrides)
  const answer = await app.inject(url)
  return { status: answer.statusCode, body: answer.json() as object }
}

describe('readiness', () => {
  it.each<[string, (deps: Deps) => Partial<ApiDeps>]>([
    ['postgres', () => ({ databaseAlive: async () => false })],
    ['postgres', () => ({ databaseAlive: () => Promise.reject(new Error('gone')) })],
    ['rabbitmq', ({ queue }) => ({ queue: { ...queue, trouble: () => 'blocked' } })],
    ['rabbitmq', ({ queue }) => ({ queue: { ...queue, trouble: () => 'disconnected' } })],
    ['replies', ({ reply }) => ({ reply: { ...reply, listening: () => false } })],
  ])('fails without %s', async (name, overrides) => {
    const { status, body } = await ask('/readyz?verbose', overrides)
    expect(status).toBe(503)
    expect(body).toMatchObject({ status: 'failed', checks: { serving: 'ok', [name]: 'failed' } })
  })

  it('is only degraded without Redis', async () => {
    const { status, body } = await ask('/readyz?verbose', ({ cache }) => ({
      cache: { ...cache, healthy: () => false },
    }))
    expect(status).toBe(200)
    expect(body).toMatchObject({ status: 'degraded', checks: { redis: 'degraded', postgres: 'ok' } })
  })

  it('lists its checks only when asked', async () => {
    expect(await ask('/readyz')).toEqual({ status: 200, body: { status: 'ok' } })
  })
})

it('is alive whatever else is away', async () => {
  const away = ({ queue }: Deps) => ({
    databaseAlive: async () => false,
    queue: { ...queue, trouble: () => 'disconnected' as const },
  })
  expect(await ask('/livez', away)).toEqual({ status: 200, body: { status: 'ok' } })
})

it('has started once it has what it was waiting for', async () => {
  expect((await ask('/startupz')).status).toBe(200)
  expect((await ask('/startupz', () => ({ started: async () => false }))).status).toBe(503)
})
