import { afterEach, describe, expect, it, vi } from 'vitest'
import { ConfigurationError, Muster, type MusterOptions } from '../../../../api/client/client.ts'
import { aJob, finished, json } from './scripted-server.ts'
import { fakeTimers, JPEG, rejection, useServer } from './setup.ts'

const context = useServer()
afterEach(() => vi.unstubAllEnvs())

const good = { apiKey: 'muster_live_k', baseUrl: 'http://127.0.0.1:1' }

describe('new Muster', () => {
  it.each<[string, MusterOptions]>([
    ['an apiKey with a line break', { ...good, apiKey: 'secret\nsecret' }],
    ['an apiKey with a space', { ...good, apiKey: 'secret secret' }],
    ['a baseUrl without a scheme', { ...good, baseUrl: 'secret.example.com' }],
    ['a baseUrl of another scheme', { ...good, baseUrl: 'ftp://secret.example.com' }],
    ['a baseUrl with credentials', { ...good, baseUrl: 'https://me:secret@example.com' }],
    ['a baseUrl with a query', { ...good, baseUrl: 'https://example.com?secret' }],
    ['a timeoutMs of 0', { ...good, timeoutMs: 0 }],
    ['a timeoutMs that is no number', { ...good, timeoutMs: Number.NaN }],
    ['maxRetries below 0', { ...good, maxRetries: -1 }],
    ['half a retry', { ...good, maxRetries: 0.5 }],
  ])('refuses %s without repeating it', (_, options) => {
    const make = () => new Muster(options)
    expect(make).toThrow(ConfigurationError)
    expect(make).not.toThrow(/secret/)
  })

  it('takes key and address from the environment, and says which is missing', async () => {
    const { server } = context
    vi.stubEnv('MUSTER_API_KEY', '')
    vi.stubEnv('MUSTER_URL', '')
    expect(() => new Muster({ baseUrl: server.url })).toThrow('apiKey is missing: pass it, or set MUSTER_API_KEY')
    expect(() => new Muster({ apiKey: 'k' })).toThrow('baseUrl is missing: pass it, or set MUSTER_URL')

    vi.stubEnv('MUSTER_API_KEY', 'from-environment')
    vi.stubEnv('MUSTER_URL', server.url)
    server.will(json(200, { models: [] }))
    await new Muster({ timers: fakeTimers() }).models.list()
    expect(server.requests[0]?.headers.authorization).toBe('Bearer from-environment')
  })

  it('uses the fetch it is given', async () => {
    const seen: string[] = []
    const fetch: typeof globalThis.fetch = async (input) => {
      seen.push(String(input))
      return Response.json({ models: [] })
    }
    await new Muster({ ...good, fetch }).models.list()
    expect(seen).toEqual(['http://127.0.0.1:1/v1/models'])
  })
})

describe('the options of a call', () => {
  it.each([
    [{ timeoutMs: -5 }, 'timeoutMs'],
    [{ maxRetries: 1.5 }, 'maxRetries'],
    [{ idempotencyKey: '' }, 'idempotencyKey'],
    [{ idempotencyKey: 'two words' }, 'idempotencyKey'],
    [{ idempotencyKey: 'x'.repeat(256) }, 'idempotencyKey'],
  ])('are refused before anything is sent: %j', async (options, name) => {
    const { server, muster } = context
    const thrown = await rejection(muster().liveness({ image: JPEG }, options))
    expect(thrown).toBeInstanceOf(ConfigurationError)
    expect((thrown as Error).message).toContain(name)
    expect(server.requests).toHaveLength(0)
  })

  it('may hold the longest idempotency key there is', async () => {
    const { server, muster } = context
    server.will(finished(aJob('liveness')))
    await muster().liveness({ image: JPEG }, { idempotencyKey: 'x'.repeat(255) })
    expect(server.requests[0]?.headers['idempotency-key']).toHaveLength(255)
  })
})
