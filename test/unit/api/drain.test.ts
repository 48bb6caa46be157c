import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { type Api, startApi } from '../../fixtures/api.ts'
import { eventually } from '../../fixtures/eventually.ts'
import { PERSON } from '../../fixtures/forms.ts'

const listening = async (config: Parameters<typeof startApi>[1] = {}) => {
  const api = await startApi(undefined, config)
  await api.app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = api.app.server.address() as AddressInfo
  return { ...api, port, url: `http://127.0.0.1:${port}` }
}

const submit = (url: string, { auth }: Api, prefer: string) =>
  fetch(`${url}/v1/liveness`, {
    method: 'POST',
    headers: { ...auth, prefer, 'content-type': 'application/json' },
    body: JSON.stringify({ image: { base64: PERSON.toString('base64') } }),
  })

describe('an api that drains', () => {
  it('answers who still waits with 202 and the place of the job, and then closes', async () => {
    const { url, ...api } = await listening()
    const waiting = [submit(url, api, 'wait=60'), submit(url, api, 'wait=60')]
    await eventually(() => expect(api.deps.completions.waiterCount()).toBe(2))
    const drained = api.app.drain()
    for (const answer of await Promise.all(waiting)) {
      const { id, status } = (await answer.json()) as { id: string; status: string }
      expect([answer.status, status]).toEqual([202, 'queued'])
      expect(answer.headers.get('location')).toBe(`/v1/jobs/${id}`)
      expect(answer.headers.get('retry-after')).toBe('1')
    }
    await drained
    expect(api.deps.completions.waiterCount()).toBe(0)
    expect(api.deps.jobs.all().map(({ state }) => state)).toEqual(['queued', 'queued'])
    await expect(fetch(`${url}/livez`)).rejects.toThrow()
  })

  it('is not ready but goes on serving until load balancers have noticed', async () => {
    const { url, ...api } = await listening({ shutdownDelayMs: 1_500 })
    await api.work()
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    const drained = api.app.drain()
    const ready = await fetch(`${url}/readyz?verbose`)
    expect(ready.status).toBe(503)
    expect(await ready.json()).toMatchObject({ status: 'failed', checks: { serving: 'failed', postgres: 'ok' } })
    expect((await fetch(`${url}/livez`)).status).toBe(200)
    const answer = await submit(url, api, 'wait=10')
    expect(answer.status).toBe(200)
    await answer.text()
    await drained
  })

  it('tells the store of every confirmed publish before it ends', async () => {
    const { url, ...api } = await listening()
    await submit(url, api, 'wait=0')
    await api.app.drain()
    expect(api.deps.jobs.published()).toEqual(api.deps.jobs.all().map(({ id }) => id))
  })

  it('does not wait for a body that does not arrive', async () => {
    const { app, auth, port } = await listening({ closeMs: 50 })
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    const head = ['POST /v1/ocr HTTP/1.1', 'host: a', 'content-type: application/json', 'content-length: 100']
    socket.write([...head, `authorization: ${auth.authorization}`, '', '{'].join('\r\n'))
    await eventually(async () => {
      const { promise, resolve } = Promise.withResolvers<number>()
      app.server.getConnections((_error, count) => resolve(count))
      expect(await promise).toBe(1)
    })
    const closed = once(socket, 'close')
    await app.drain()
    await closed
  })

  it('drains once, however often it is told to', async () => {
    const { app } = await listening()
    await expect(Promise.all([app.drain(), app.drain()])).resolves.toEqual([undefined, undefined])
  })
})
