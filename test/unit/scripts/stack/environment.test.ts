import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { freePort } from '../../../../infra/local/ports.ts'
import { UsageError } from '../../../../scripts/exit-code.ts'
import { stackEnvironment } from '../../../../scripts/stack/environment.ts'
import { type StackPaths, stackPaths } from '../../../../scripts/stack/folder.ts'

let dir: string
let paths: StackPaths
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'muster env '))
  paths = stackPaths(dir)
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const URLS = { DATABASE_URL: 'postgres://p', RABBITMQ_URL: 'amqp://r', REDIS_URL: 'redis://r' }

it('keeps ports and secrets from one start to the next', async () => {
  const first = await stackEnvironment(paths, {}, URLS)
  const second = await stackEnvironment(paths, {}, URLS)
  expect(second).toEqual(first)
  expect(first.ours.UPLOAD_SECRET?.length).toBeGreaterThanOrEqual(32)
  expect(statSync(paths.settings).mode & 0o777).toBe(0o600)
  expect(statSync(first.ours.ENCRYPTION_KEYS_FILE ?? '').mode & 0o777).toBe(0o600)
})

it('lets the person decide', async () => {
  const port = String(await freePort())
  const env = { API_PORT: port, API_HOST: '0.0.0.0', STORAGE_URL: 's3://bucket', LOG_LEVEL: 'debug' }
  const { services, ours, url, readyUrls } = await stackEnvironment(paths, env, URLS)
  expect(services).toMatchObject({ ...URLS, ...env })
  expect(ours).toMatchObject({ API_PORT: port, STORAGE_URL: 's3://bucket' })
  expect(ours).not.toHaveProperty('LOG_LEVEL')
  expect(url).toBe(`http://127.0.0.1:${port}`)
  expect(readyUrls.api).toBe(`${url}/readyz`)
})

it('stores pictures under the stack by default, whatever its name', async () => {
  const { ours } = await stackEnvironment(paths, {}, URLS)
  expect(ours.STORAGE_URL).toBe(`file://${dir.replaceAll(' ', '%20')}/blobs`)
})

it('hands no variable of the clients to the services', async () => {
  const { services } = await stackEnvironment(paths, { MUSTER_API_KEY: 'key', MUSTER_URL: 'url' }, URLS)
  expect(Object.keys(services).filter((name) => name.startsWith('MUSTER_'))).toEqual([])
})

it('refuses a port that the person set and another program has', async () => {
  const thief = createServer().listen(0, '127.0.0.1')
  await once(thief, 'listening')
  const { port } = thief.address() as { port: number }
  try {
    await expect(stackEnvironment(paths, { API_PORT: String(port) }, URLS)).rejects.toThrow(UsageError)
  } finally {
    thief.close()
  }
})
