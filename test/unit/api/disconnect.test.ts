import { type ClientRequest, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { Deps } from '../../fixtures/api.ts'
import { startApi } from '../../fixtures/api.ts'
import { eventually } from '../../fixtures/eventually.ts'
import { PERSON } from '../../fixtures/forms.ts'
import { aClaim } from '../../fixtures/jobs.ts'

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

/** The api on a real port: only there can a connection be lost. */
const start = async () => {
  const { app, deps, auth } = await startApi()
  await app.listen({ host: '127.0.0.1', port: 0 })
  ends.push(() => app.close())
  const { port } = app.server.address() as AddressInfo
  const post = (headers: Record<string, string>): ClientRequest => {
    const body = JSON.stringify({ image: { base64: PERSON.toString('base64') } })
    const how = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...auth, ...headers }
    const sent = request({ port, path: '/v1/liveness', method: 'POST', headers: how, agent: false })
    sent.on('error', () => {})
    sent.end(body)
    return sent
  }
  return { app, deps, auth, post }
}

const waiting = ({ completions }: Deps, count: number) =>
  eventually(() => expect(completions.waiterCount()).toBe(count))
const states = ({ jobs }: Deps) => jobs.all().map(({ state }) => state)

describe('a caller who goes away while he waits', () => {
  it('frees his place, and his job goes on', async () => {
    const { deps, post } = await start()
    const callers = Array.from({ length: 20 }, () => post({ prefer: 'wait=60' }))
    await waiting(deps, 20)
    for (const caller of callers) caller.destroy()
    await waiting(deps, 0)
    expect(new Set(states(deps))).toEqual(new Set(['queued']))
  })

  it('takes his job along where he prefers it', async () => {
    const { deps, post } = await start()
    const callers = Array.from({ length: 5 }, () => post({ prefer: 'wait=60, cancel-on-disconnect' }))
    const patient = post({ prefer: 'wait=60' })
    await waiting(deps, 6)
    for (const caller of callers) caller.destroy()
    await eventually(() => expect(states(deps).filter((state) => state === 'canceled')).toHaveLength(5))
    await waiting(deps, 1)
    expect(states(deps).filter((state) => state === 'queued')).toHaveLength(1)
    patient.destroy()
    await waiting(deps, 0)
  })

  it('takes it out of a worker’s hands too', async () => {
    const { deps, post } = await start()
    const signals: string[] = []
    await deps.queue.onSignal((id) => signals.push(id))
    const caller = post({ prefer: 'cancel-on-disconnect' })
    await waiting(deps, 1)
    const [job] = deps.jobs.all()
    await deps.jobs.claim(aClaim(job?.id ?? ''))
    caller.destroy()
    await eventually(() => expect(states(deps)).toEqual(['canceling']))
    await eventually(() => expect(signals).toEqual([job?.id]))
  })

  it('does not take along a job that another request made', async () => {
    const { deps, post } = await start()
    const once = { 'idempotency-key': 'once' }
    const maker = post({ ...once, prefer: 'wait=60' })
    await waiting(deps, 1)
    const joined = post({ ...once, prefer: 'wait=60, cancel-on-disconnect' })
    await waiting(deps, 2)
    joined.destroy()
    await waiting(deps, 1)
    expect(states(deps)).toEqual(['queued'])
    maker.destroy()
    await waiting(deps, 0)
  })
})

it('a drain takes no job along: its callers are answered', async () => {
  const { app, deps, post } = await start()
  const caller = post({ prefer: 'wait=60, cancel-on-disconnect' })
  const answered = new Promise<number | undefined>((resolve) => {
    caller.on('response', (response) => resolve(response.resume().statusCode))
  })
  await waiting(deps, 1)
  await app.drain()
  expect(await answered).toBe(202)
  expect(states(deps)).toEqual(['queued'])
})
