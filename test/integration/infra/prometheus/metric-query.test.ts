import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { parseTriggers } from '../../../../autoscaler/triggers/trigger-file.ts'
import { UnavailableError } from '../../../../infra/domain/errors.ts'
import type { MetricAnswer } from '../../../../infra/ports/metric-query.ts'
import { createMetricHistory } from '../../../../infra/prometheus/metric-history.ts'
import { createMetricQuery } from '../../../../infra/prometheus/metric-query.ts'
import type { PrometheusOptions } from '../../../../infra/prometheus/prometheus-api.ts'
import { describeMetricHistory } from '../../../contract/metric-history.ts'
import { describeMetricQuery } from '../../../contract/metric-query.ts'
import { PrometheusServer, type PrometheusTrouble } from '../../../fakes/prometheus-server.ts'
import { eventually } from '../../../fixtures/eventually.ts'
import { startPrometheus } from '../../../fixtures/real-prometheus.ts'
import { documentedTriggers } from '../../../fixtures/triggers.ts'

const AT = 1_700_000_000_000
const withoutToken = () => undefined

/** What Prometheus is to scrape: one gauge, as long as it is there. */
let present: number | undefined = 340
const target = createServer((_request, response) =>
  response.end(
    present === undefined ? '' : `# TYPE partner_queue_ready gauge\npartner_queue_ready{queue="checks"} ${present}\n`,
  ),
)
let real: Awaited<ReturnType<typeof startPrometheus>>
let fakeUrl: string
const fake = new PrometheusServer()

beforeAll(async () => {
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve))
  fakeUrl = await fake.start()
  real = await startPrometheus([`127.0.0.1:${(target.address() as AddressInfo).port}`])
})
afterEach(() => {
  fake.outage = undefined
  fake.warnings = []
})
afterAll(async () => {
  target.close()
  await fake.stop()
  await real?.stop()
})

describeMetricQuery('the server of these tests', async () => createMetricQuery({ url: fakeUrl, token: withoutToken }))
describeMetricQuery('Prometheus', async () => createMetricQuery({ url: real.url, token: withoutToken }))

describeMetricHistory('the server of these tests', async () =>
  createMetricHistory({ url: fakeUrl, token: withoutToken }),
)
describeMetricHistory('Prometheus', async () => createMetricHistory({ url: real.url, token: withoutToken }))

it('reads what Prometheus scraped, and knows when it is gone', async () => {
  const query = createMetricQuery({ url: real.url, token: withoutToken })
  const read = (): Promise<MetricAnswer> => query.read('sum(partner_queue_ready)', Date.now())
  await eventually(async () => expect(await read()).toMatchObject({ kind: 'value', value: 340 }))
  present = 120
  await eventually(async () => expect(await read()).toMatchObject({ kind: 'value', value: 120 }))
  present = undefined
  await eventually(async () => expect(await read()).toEqual({ kind: 'none', why: 'no data' }))
})

it('understands every query of the documents', async () => {
  const query = createMetricQuery({ url: real.url, token: withoutToken })
  const triggers = documentedTriggers().flatMap((file) => [...parseTriggers(file).values()].flat())
  const answers = await Promise.all(triggers.map((trigger) => query.read(trigger.query, Date.now())))
  // Nothing of it is there; who wrote the query meant that for the last one.
  expect(triggers.map(({ name }, index) => [name, answers[index]])).toEqual([
    ['partner-queue', { kind: 'none', why: 'no data' }],
    ['gpu', { kind: 'none', why: 'no data' }],
    ['partner-queue', { kind: 'none', why: 'no data' }],
    ['slow', { kind: 'none', why: 'the value is not a number' }],
  ])
  const nobodyWaits = '(vector(0) / 0 >= 0 or vector(0)) * scalar(vector(4))'
  expect(await query.read(nobodyWaits, AT)).toMatchObject({ kind: 'value', value: 0 })
})

describe('a server that answers otherwise', () => {
  const read = (overrides: Partial<PrometheusOptions> = {}) =>
    createMetricQuery({ url: fakeUrl, token: withoutToken, ...overrides }).read('vector(7)', AT)

  it('is asked with the token as it is now, under the path that stands before the API', async () => {
    let token = 'first'
    const query = createMetricQuery({ url: `${fakeUrl}/select/0/prometheus`, token: () => token })
    await query.read('vector(7)', AT)
    token = 'second'
    await query.read('vector(7)', AT)
    expect(fake.calls.slice(-2)).toEqual(
      ['first', 'second'].map((secret) => ({
        ...{ method: 'POST', path: '/select/0/prometheus/api/v1/query', query: 'vector(7)', time: String(AT / 1_000) },
        authorization: `Bearer ${secret}`,
      })),
    )
  })

  it.each(['hunter\n2', 'hunter 2', 'hunter€'])('says nothing of a token that cannot be sent: %j', async (token) => {
    const error = await read({ token: () => token }).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(UnavailableError)
    expect(inspect(error)).toContain('the token is none that can be sent')
    expect(inspect(error)).not.toContain('hunter')
  })

  it('keeps what the server warns of, shortened and without what moves a cursor', async () => {
    fake.warnings = ['a store \u001b[31mis away', 'x'.repeat(1_000), 'third', 'fourth']
    const answer = await read()
    expect(answer).toMatchObject({ value: 7, warnings: ['a store  [31mis away', `${'x'.repeat(160)}...`, 'third'] })
  })

  it('keeps it of what was, too', async () => {
    fake.warnings = ['a store is away']
    const history = createMetricHistory({ url: fakeUrl, token: withoutToken })
    const record = await history.readSpan('vector(7)', { from: AT, until: AT + 60_000, stepMs: 60_000 })
    expect(record).toEqual({ kind: 'values', values: [7, 7], warnings: ['a store is away'] })
  })

  it.each<[string, PrometheusTrouble]>([
    ['a broken server', { status: 500, text: 'oops' }],
    ['a proxy without a server', { status: 502, text: '<html>bad gateway</html>' }],
    ['a server that is too busy', { status: 503 }],
    ['a page that is no answer', { status: 200, text: '<html>a login</html>' }],
    [
      'JSON that is no answer',
      { status: 200, text: '{"status":"success","data":{"resultType":"vector","result":[{"value":7}]}}' },
    ],
    ['an answer that is too large', { bytes: 1_000_001 }],
    ['a redirect', { redirect: 'http://127.0.0.1:9/api/v1/query' }],
  ])('is unavailable: %s', async (_, outage) => {
    fake.outage = outage
    await expect(read()).rejects.toThrow(UnavailableError)
  })

  it.each([401, 403])('says that it refuses us: %i', async (status) => {
    fake.outage = { status }
    expect(await read({ token: () => 'secret' })).toEqual({
      kind: 'none',
      why: `the server refuses us (status ${status})`,
    })
  })

  it('is given up when it is silent for too long', async () => {
    fake.outage = { hang: true }
    await expect(read({ timeoutMs: 50 })).rejects.toThrow(UnavailableError)
  })

  it('is unavailable where nobody listens', async () => {
    await expect(read({ url: 'http://127.0.0.1:9' })).rejects.toThrow(UnavailableError)
  })
})
