import { request } from 'node:http'
import type { Readable } from 'node:stream'
import { connect } from 'amqplib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freePort } from '../../../infra/local/ports.ts'
import { createAuditLog } from '../../../infra/postgres/audit-log.ts'
import { createJobStore } from '../../../infra/postgres/job-store.ts'
import { createKeyStore } from '../../../infra/postgres/key-store.ts'
import { DEAD_EXCHANGE, DEAD_QUEUE } from '../../../infra/rabbitmq/topology.ts'
import { addKey } from '../../fakes/key-store.ts'
import { readEvents } from '../../fixtures/event-stream.ts'
import { aClaim, aNewJob, anOutcome, claimed } from '../../fixtures/jobs.ts'
import { type AutoscalerProcess, aSite, eventually } from './an-autoscaler.ts'

/** Two processes of the autoscaler on real servers: what one does the other one shows. */
const ends: (() => unknown)[] = []
let site: Awaited<ReturnType<typeof aSite>>
let processes: AutoscalerProcess[]
let urls: readonly string[]
let keys: Readonly<Record<'viewer' | 'operator', string>>
beforeAll(async () => {
  site = await aSite(ends)
  const ports = [await freePort(), await freePort()]
  urls = ports.map((port) => `http://127.0.0.1:${port}`)
  processes = await Promise.all(ports.map((port) => site.start({ AUTOSCALER_PORT: String(port) })))
  const store = createKeyStore(site.database)
  const keyOf = (role: 'viewer' | 'operator') => addKey(store, { tenant: 'default', role })
  keys = { viewer: await keyOf('viewer'), operator: await keyOf('operator') }
  for (const url of urls)
    await eventually(() =>
      fetch(`${url}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      ),
    )
})
afterAll(async () => {
  for (const end of ends.toReversed()) await end()
})

const bearer = (key: string) => ({ authorization: `Bearer ${key}` })
const ask = async (
  process: 0 | 1,
  path: string,
  { key = keys.operator, body }: { key?: string; body?: object } = {},
) => {
  const answer = await fetch(`${urls[process]}${path}`, {
    headers: { ...bearer(key), ...(body && { 'content-type': 'application/json' }) },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  })
  return { status: answer.status, headers: answer.headers, body: await answer.json() }
}

/** A stream on a connection of its own. */
const listen = (process: 0 | 1, key: string): Promise<{ status: number; stream: Readable; cut: () => void }> =>
  new Promise((resolve, reject) => {
    const outgoing = request(`${urls[process]}/v1/events`, { agent: false, headers: bearer(key) }, (incoming) =>
      resolve({ status: incoming.statusCode ?? 0, stream: incoming, cut: () => outgoing.destroy() }),
    )
    outgoing.on('error', reject).end()
  })

it('serves the console to whoever comes, as small as he takes it', async () => {
  const page = await fetch(`${urls[0]}/`, { headers: { 'accept-encoding': 'br' } })
  expect([page.status, page.url, page.redirected]).toEqual([200, `${urls[0]}/console/`, true])
  expect(page.headers.get('content-encoding')).toBe('br')
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(await page.text()).toMatch(/<!doctype html>/i)
})

it('lets no path on the wire out of the console', async () => {
  const port = Number(new URL(urls[0] as string).port)
  const raw = (path: string): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      request({ host: '127.0.0.1', port, path, agent: false }, (incoming) => {
        let text = ''
        incoming.on('data', (chunk) => {
          text += String(chunk)
        })
        incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, text }))
      })
        .on('error', reject)
        .end()
    })
  const up = [
    '../../package.json',
    '..%2f..%2fpackage.json',
    '%2e%2e/%2e%2e/package.json',
    '..\\..\\package.json',
    'vendor/../../main.ts',
    './../../../../../../etc/passwd',
    '%00',
    'vendor//uplot.js',
  ]
  for (const path of up) {
    const { status, text } = await raw(`/console/${path}`)
    expect([path, [400, 404].includes(status), JSON.parse(text).code]).toEqual([path, true, 'NOT_FOUND'])
  }
})

it('shows on every process what was said to any, and what became of it', async () => {
  const { stream, cut } = await listen(1, keys.viewer)
  const { of } = readEvents(stream)
  await eventually(() => of('decision').length > 0)
  expect(of('pools')[0]?.data.pools[0]).toMatchObject({ name: site.pool, mode: 'apply' })
  const reason = '<img src=x onerror=alert(1)>'
  const said = await ask(0, `/v1/pools/${site.pool}/overrides`, { body: { kind: 'pin', count: 4, for: '1h', reason } })
  expect(said.status).toBe(201)
  await eventually(() =>
    of('overrides')
      .at(-1)
      ?.data.overrides.some((one: { reason: string }) => one.reason === reason),
  )
  await eventually(() => of('decision').at(-1)?.data.decision.to === 4)
  await eventually(() => of('pools').at(-1)?.data.pools[0].count.asked === 4)
  cut()
})

it('draws how the pool fared', async () => {
  const { body } = await ask(1, `/v1/pools/${site.pool}/history`, { key: keys.viewer })
  expect(body.points.length).toBeGreaterThan(1)
  const change = body.points.find(({ to }: { to: number }) => to === 4)
  expect(change).toMatchObject({ changed: true, bounds: { min: 1, max: 20 }, ageSeconds: expect.any(Number) })
  const at = await ask(0, `/v1/pools/${site.pool}/decisions/at?time=${change.at}`)
  expect(at.body.id).toBe(change.decisionId)
})

it('finds a job of any tenant, and that somebody looked is on the trail of that tenant', async () => {
  const jobs = createJobStore(site.database)
  const { job } = await jobs.insert(aNewJob())
  const run = claimed(await jobs.claim(aClaim(job.id)))
  await jobs.finish(anOutcome(run))
  const { status, body } = await ask(1, `/v1/fleet/jobs/${job.id}`, { key: keys.viewer })
  expect([status, body.tenant, body.status]).toEqual([200, job.tenant, 'succeeded'])
  expect(body.hops.map(({ hop }: { hop: string }) => hop).slice(0, 2)).toEqual(['store', 'queue'])
  const trail = await createAuditLog(site.database).list({ tenant: job.tenant, limit: 5 })
  expect(trail).toMatchObject([{ action: 'sensitive_read', target: job.id, channel: 'api' }])
})

it('counts dead letters, tries their jobs again, and says who did it why', async () => {
  const jobs = createJobStore(site.database)
  const { job } = await jobs.insert(aNewJob())
  while ((await jobs.claim(aClaim(job.id, { takeOver: true }))).kind === 'claimed');
  const model = await connect(process.env.RABBITMQ_URL as string)
  const channel = await model.createConfirmChannel()
  await channel.purgeQueue(DEAD_QUEUE)
  const { id, tenant, task, lane, deadline } = job
  const letter = { v: 1, id, tenant, task, lane, deadline, attempt: 2 }
  channel.publish(DEAD_EXCHANGE, '', Buffer.from(JSON.stringify(letter)), {
    headers: { 'x-muster-reason': 'exhausted' },
  })
  await channel.waitForConfirms()
  await model.close()
  const { stream, cut } = await listen(0, keys.viewer)
  const { of } = readEvents(stream)
  await eventually(() => of('dead-letters').at(-1)?.data.count === 1)
  await eventually(async () => (await ask(0, '/v1/fleet/dead-letters')).body.deadLetters.length === 1)
  const reason = 'the workers are back'
  const refused = await ask(1, '/v1/fleet/dead-letters/redrive', { key: keys.viewer, body: { all: true, reason } })
  expect(refused.status).toBe(403)
  const redriven = await ask(1, '/v1/fleet/dead-letters/redrive', { body: { ids: [id], reason } })
  expect(redriven.body.redriven).toMatchObject([{ id, outcome: 'reopened' }])
  expect(await jobs.find(tenant, id)).toMatchObject({ state: 'queued' })
  const trail = await createAuditLog(site.database).list({ tenant, limit: 5 })
  expect(trail).toMatchObject([{ action: 'dead_letter_redriven', details: { why: reason } }])
  await eventually(() => of('dead-letters').at(-1)?.data.count === 0)
  cut()
})

it('has room for others when one key asks for a thousand streams', async () => {
  const streams = await Promise.all(Array.from({ length: 1_000 }, () => listen(1, keys.viewer)))
  const open = streams.filter(({ status }) => status === 200)
  expect(open).toHaveLength(20)
  expect(streams.filter(({ status }) => status === 429)).toHaveLength(980)
  const other = await listen(1, keys.operator)
  expect(other.status).toBe(200)
  for (const { cut } of [...streams, other]) cut()
  await eventually(async () => {
    const again = await listen(1, keys.viewer)
    again.cut()
    return again.status === 200
  })
})

it('ends though streams are open, and tells them nothing but that it is over', async () => {
  const [first] = processes
  const { stream } = await listen(0, keys.viewer)
  const { of, done } = readEvents(stream)
  await eventually(() => of('pools').length > 0)
  first?.child.kill('SIGTERM')
  await done
  expect(of('end')).toEqual([])
  expect(await first?.exited).toEqual([0, null])
  expect(first?.log()).not.toContain('teardown step failed')
  expect(first?.log()).not.toContain('ExperimentalWarning')
})
