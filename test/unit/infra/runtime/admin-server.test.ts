import { afterEach, expect, it } from 'vitest'
import { type AdminServer, startAdminServer } from '../../../../infra/runtime/admin-server.ts'
import { ALIVE, type AskHealth, runChecks } from '../../../../infra/runtime/health.ts'
import { createMetrics } from '../../../../infra/runtime/metrics.ts'

let server: AdminServer | undefined
afterEach(() => server?.close())

const start = async (ready: AskHealth = () => ALIVE) => {
  const { metrics, registry } = createMetrics('test')
  const host = '127.0.0.1'
  server = await startAdminServer({ port: 0, host, registry, live: () => ALIVE, ready, startup: () => ALIVE })
  const url = `http://${host}:${server.port}`
  return { metrics, get: (path: string, init?: RequestInit) => fetch(url + path, init) }
}

it('shows the metrics of the process', async () => {
  const { metrics, get } = await start()
  metrics.count('jobs_submitted', { task: 'ocr' }, 3)
  const answer = await get('/metrics')
  expect(answer.headers.get('content-type')).toContain('text/plain')
  expect(await answer.text()).toMatch(/^muster_jobs_submitted_total\{.*task="ocr".*\} 3$/m)
})

it.each(['/livez', '/readyz', '/startupz'])('answers %s', async (path) => {
  const { get } = await start()
  const answer = await get(path)
  expect([answer.status, await answer.json()]).toEqual([200, { status: 'ok' }])
})

it('answers 503 with the failed check when it is asked for more', async () => {
  const { get } = await start(() => runChecks([{ name: 'broker', required: true, probe: () => false }]))
  const answer = await get('/readyz?verbose')
  expect([answer.status, await answer.json()]).toEqual([503, { status: 'failed', checks: { broker: 'failed' } }])
})

it('answers 500 when it cannot even tell, and goes on', async () => {
  const { get } = await start(() => Promise.reject(new Error('secret')))
  const answer = await get('/readyz')
  expect([answer.status, await answer.text()]).toEqual([500, 'failed\n'])
  expect((await get('/livez')).status).toBe(200)
})

it('tells what it is where there is something to say', async () => {
  const { get } = await start()
  expect((await get('/about')).status).toBe(404)
  const { registry } = createMetrics('test')
  const about = { ready: () => ALIVE, live: () => ALIVE, startup: () => ALIVE, about: () => ({ inHand: 2 }) }
  const other = await startAdminServer({ port: 0, host: '127.0.0.1', registry, ...about })
  const answer = await fetch(`http://127.0.0.1:${other.port}/about`)
  expect([answer.status, await answer.json()]).toEqual([200, { inHand: 2 }])
  await other.close()
})

it('knows no other path and no other method', async () => {
  const { get } = await start()
  expect((await get('/')).status).toBe(404)
  const answer = await get('/metrics', { method: 'POST' })
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
})

it('says so when its port is taken', async () => {
  await start()
  const { registry } = createMetrics('test')
  const again = { host: '127.0.0.1', port: server?.port ?? 0, registry, live: () => ALIVE, ready: () => ALIVE }
  await expect(startAdminServer({ ...again, startup: () => ALIVE })).rejects.toMatchObject({ code: 'EADDRINUSE' })
})
